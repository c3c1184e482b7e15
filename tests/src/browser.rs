use std::{
    env, fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::{
    port::free_port,
    process::{Process, Start},
};

/// How long a page may take to show what a test waits for.
const PAGE_TIMEOUT: Duration = Duration::from_secs(20);

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// The default of browsers.
    On,
    /// JavaScript is disabled.
    Off,
}

/// A screen size and a colour scheme.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Part of the screenshot's name.
    pub name: &'static str,
    width: u32,
    height: u32,
    scheme: &'static str,
}

impl Look {
    /// Narrow and wide screens, in light and dark.
    pub const ALL: [Self; 4] = [
        Self { name: "narrow-light", width: 320, height: 640, scheme: "light" },
        Self { name: "narrow-dark", width: 320, height: 640, scheme: "dark" },
        Self { name: "wide-light", width: 1280, height: 800, scheme: "light" },
        Self { name: "wide-dark", width: 1280, height: 800, scheme: "dark" },
    ];
}

/// A headless browser, controlled over WebDriver.
pub struct Browser {
    /// The WebDriver session.
    pub client: Client,
    _driver: Process,
}

impl Browser {
    /// Starts Chromium with an empty profile.
    pub async fn start(scripts: Scripts) -> Self {
        let javascript = if scripts == Scripts::On { 1 } else { 2 };
        let preferences = json!({"profile.managed_default_content_settings.javascript": javascript});
        Self::drive(&chromedriver(), &[], |profile| {
            let options = chromium_options(profile, &preferences, &[]);
            let capabilities = json!({"browserName": "chrome", "goog:chromeOptions": options});
            capabilities.as_object().unwrap().clone()
        })
        .await
    }

    /// Starts a driver, and a browser with an empty profile in the folder that is passed to `capabilities`.
    pub(crate) async fn drive(
        driver: &str,
        settings: &[(&str, String)],
        capabilities: impl FnOnce(&str) -> Capabilities,
    ) -> Self {
        let port = free_port();
        let folder = env::temp_dir().join(format!("drawbridge-browser-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut settings = settings.to_vec();
        settings.push(("TMPDIR", folder.display().to_string()));
        let driver = Process::start(Start {
            command: vec![driver.to_owned(), format!("--port={port}")],
            settings: &settings,
            signal: "TERM",
            log: folder.join("driver.log"),
            // A driver that is ended leaves its browser running; the name of the profile identifies it.
            remove: Some(&folder),
        });
        let profile = folder.join("profile").display().to_string();
        let client = connect(port, capabilities(&profile), &driver).await;
        Self { client, _driver: driver }
    }

    /// Calls a URL from a script on the page, with the browser's cookies. Returns the status and the body, or status 0
    /// if the browser blocks the response.
    pub async fn fetch(&self, method: &str, url: &str, body: Option<Value>) -> (u64, Value) {
        const SCRIPT: &str = "const [url, method, body, done] = arguments; \
            fetch(url, {method, credentials: 'include', body: body ?? undefined, \
              headers: body ? {'content-type': 'application/json'} : {}}) \
            .then(async answer => done({status: answer.status, text: await answer.text()}), \
              error => done({status: 0, text: String(error)}))";
        let body = body.map_or(Value::Null, |body| body.to_string().into());
        let arguments = vec![url.into(), method.into(), body];
        let answer = self.client.execute_async(SCRIPT, arguments).await.unwrap();
        let text = answer["text"].as_str().unwrap();
        (answer["status"].as_u64().unwrap(), serde_json::from_str(text).unwrap_or_else(|_| text.into()))
    }

    /// Ends the session and the browser.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// The text of the first matching element.
    pub async fn text(&self, css: &str) -> String {
        loop {
            let element = self.client.wait().for_element(Locator::Css(css)).await.unwrap();
            match element.text().await {
                // An element that disappears while it is read belonged to the previous page.
                Err(error) if error.is_stale_element_reference() => {}
                text => return text.unwrap(),
            }
        }
    }

    /// Waits until an element contains these words, on this page or on the next one.
    pub async fn wait_for_text(&self, css: &str, words: &str) {
        let started = Instant::now();
        let mut shown = String::new();
        loop {
            // An element that disappears while it is read belonged to the previous page.
            if let Ok(element) = self.client.find(Locator::Css(css)).await
                && let Ok(text) = element.text().await
            {
                shown = text;
            }
            if shown.contains(words) {
                return;
            }
            let url = self.client.current_url().await.unwrap();
            assert!(started.elapsed() < PAGE_TIMEOUT, "{url}: {css} shows {shown:?}, not {words:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types into a field.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.client.wait().for_element(Locator::Css(css)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks an element.
    pub async fn click(&self, css: &str) {
        self.client.wait().for_element(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }

    /// Waits until the address bar shows this path and query.
    pub async fn wait_for_path(&self, path: &str) {
        let started = Instant::now();
        loop {
            let url = self.client.current_url().await.unwrap();
            let shown = url.as_str().get(url.origin().ascii_serialization().len()..).unwrap_or_default();
            if shown == path {
                return;
            }
            assert!(started.elapsed() < PAGE_TIMEOUT, "at {shown} instead of {path}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Saves a screenshot of the page in every [`Look`], and fails if the page is wider than the screen.
    pub async fn keep_screenshots(&self, name: &str) {
        let folder = screenshot_folder();
        for look in Look::ALL {
            self.devtools(
                "Emulation.setDeviceMetricsOverride",
                json!({"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": false}),
            )
            .await;
            self.set_scheme(look.scheme).await;
            let size = self.devtools("Page.getLayoutMetrics", json!({})).await;
            let content = size["cssContentSize"]["width"].as_f64().unwrap();
            assert!(content <= f64::from(look.width), "{name} is {content} px wide on {}", look.name);
            let picture = self.client.screenshot().await.unwrap();
            fs::write(folder.join(format!("{name}-{}.png", look.name)), picture).unwrap();
        }
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    /// Sets the preferred colour scheme: `light`, `dark`, or empty for the browser's default.
    pub(crate) async fn set_scheme(&self, scheme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [feature]})).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let path = "goog/cdp/execute".to_owned();
        let body = json!({"cmd": command, "params": parameters});
        self.client.issue_cmd(Extension { method: http::Method::POST, path, body: Some(body) }).await.unwrap()
    }
}

/// `target/screenshots`.
fn screenshot_folder() -> PathBuf {
    let test = env::current_exe().unwrap();
    let folder = test.ancestors().nth(3).unwrap().join("screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The WebDriver program for Chromium.
pub(crate) fn chromedriver() -> String {
    env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned())
}

/// `goog:chromeOptions` with these preferences and additional arguments.
pub(crate) fn chromium_options(profile: &str, preferences: &Value, arguments: &[String]) -> Value {
    let mut all: Vec<String> = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--force-prefers-reduced-motion",
    ]
    .map(str::to_owned)
    .to_vec();
    all.extend_from_slice(arguments);
    all.push(format!("--user-data-dir={profile}"));
    let mut options = json!({"prefs": preferences, "args": all});
    if let Ok(binary) = env::var("CHROMIUM") {
        options["binary"] = binary.into();
    }
    options
}

async fn connect(port: u16, capabilities: Capabilities, driver: &Process) -> Client {
    let url = format!("http://127.0.0.1:{port}");
    let started = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < Duration::from_mins(1), "no driver: {}", driver.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    builder.connect(&url).await.unwrap_or_else(|error| panic!("{error}: {}", driver.log()))
}

/// A WebDriver command that only some drivers support.
#[derive(Debug)]
pub(crate) struct Extension {
    pub(crate) method: http::Method,
    /// The path below the URL of the session.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (self.method.clone(), self.body.as_ref().map(Value::to_string))
    }
}
