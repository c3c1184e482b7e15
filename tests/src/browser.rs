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

/// How long a page may take to say what it is to say.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// As people have it.
    On,
    /// As some people want it.
    Off,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Part of the screenshot's name.
    pub name: &'static str,
    width: u32,
    height: u32,
    scheme: &'static str,
}

impl Look {
    /// Narrow and wide, light and dark.
    pub const ALL: [Self; 4] = [
        Self { name: "narrow-light", width: 320, height: 640, scheme: "light" },
        Self { name: "narrow-dark", width: 320, height: 640, scheme: "dark" },
        Self { name: "wide-light", width: 1280, height: 800, scheme: "light" },
        Self { name: "wide-dark", width: 1280, height: 800, scheme: "dark" },
    ];
}

/// Chromium without a window, driven over WebDriver.
pub struct Browser {
    /// The session.
    pub client: Client,
    _driver: Process,
}

impl Browser {
    /// Starts a browser with an empty profile.
    pub async fn start(scripts: Scripts) -> Self {
        Self::drive(&chromedriver(), &[], |profile| capabilities(profile, scripts)).await
    }

    /// Starts a driver, and a browser with an empty profile in the folder that `capabilities` is given.
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
            // A driver that is ended leaves its browser behind; the profile's name finds it.
            remove: Some(&folder),
        });
        let profile = folder.join("profile").display().to_string();
        let client = connect(port, capabilities(&profile), &driver).await;
        Self { client, _driver: driver }
    }

    /// What a page's script gets when it calls a URL with the browser's cookies: status and body, 0 where
    /// the browser keeps the answer from it.
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

    /// Ends the session, and with it the browser.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// The text of the first element that matches.
    pub async fn text(&self, css: &str) -> String {
        self.client.wait().for_element(Locator::Css(css)).await.unwrap().text().await.unwrap()
    }

    /// Waits until an element says these words. It may come with a page that is yet to be shown.
    pub async fn wait_for_text(&self, css: &str, words: &str) {
        let (started, mut said) = (Instant::now(), String::new());
        loop {
            // What is gone by the time it is read belonged to the page before.
            if let Ok(element) = self.client.find(Locator::Css(css)).await
                && let Ok(text) = element.text().await
            {
                said = text;
            }
            if said.contains(words) {
                return;
            }
            let at = self.client.current_url().await.unwrap();
            assert!(started.elapsed() < PATIENCE, "{at}: {css} says {said:?}, not {words:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types into a field.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.client.wait().for_element(Locator::Css(css)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks.
    pub async fn click(&self, css: &str) {
        self.client.wait().for_element(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }

    /// Waits until the address bar shows this path, query included.
    pub async fn wait_for_path(&self, path: &str) {
        let started = Instant::now();
        loop {
            let url = self.client.current_url().await.unwrap();
            let shown = url.as_str().get(url.origin().ascii_serialization().len()..).unwrap_or_default();
            if shown == path {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "at {shown} instead of {path}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Keeps a picture of the page in every [`Look`], and fails if it is wider than the screen.
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

    /// Lets pages believe that the person wants them `light` or `dark`; empty: whatever is usual.
    pub(crate) async fn set_scheme(&self, scheme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [feature]})).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let (path, body) = ("goog/cdp/execute".to_owned(), json!({"cmd": command, "params": parameters}));
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

/// The program that drives Chromium.
pub(crate) fn chromedriver() -> String {
    env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned())
}

fn capabilities(user_data: &str, scripts: Scripts) -> Capabilities {
    let javascript = if scripts == Scripts::On { 1 } else { 2 };
    let mut options = json!({
        "prefs": {"profile.managed_default_content_settings.javascript": javascript},
        "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--force-prefers-reduced-motion", format!("--user-data-dir={user_data}"),
        ],
    });
    if let Ok(binary) = env::var("CHROMIUM") {
        options["binary"] = binary.into();
    }
    let capabilities = json!({"browserName": "chrome", "goog:chromeOptions": options});
    capabilities.as_object().unwrap().clone()
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

/// A command that not every driver knows.
#[derive(Debug)]
pub(crate) struct Extension {
    pub(crate) method: http::Method,
    /// What stands behind the session's own address.
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
