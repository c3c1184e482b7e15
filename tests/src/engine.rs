use std::{
    env,
    path::Path,
    sync::OnceLock,
    time::{Duration, Instant},
};

use fantoccini::wd::Capabilities;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, chromedriver, chromium_options},
    edge::Edge,
    process::{Process, Start},
};

/// A browser engine in a common configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chromium that blocks third-party cookies.
    ChromiumBlocking,
    /// Chromium that allows third-party cookies.
    ChromiumAllowing,
    /// Firefox with its defaults.
    Firefox,
    /// `WebKitGTK` with its defaults: Safari's engine, but not Safari.
    WebKit,
}

/// Where Debian installs the browser of `WebKitGTK`.
const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

impl Engine {
    /// Every engine.
    pub const ALL: [Self; 4] = [Self::ChromiumBlocking, Self::ChromiumAllowing, Self::Firefox, Self::WebKit];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChromiumBlocking => "Chromium, third-party cookies blocked",
            Self::ChromiumAllowing => "Chromium, third-party cookies allowed",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKitGTK",
        }
    }

    /// Returns true if the browser and its driver are installed.
    pub fn is_installed(self) -> bool {
        match self {
            Self::ChromiumBlocking | Self::ChromiumAllowing => true,
            Self::Firefox => on_path("geckodriver") && firefox().is_some(),
            Self::WebKit => on_path("WebKitWebDriver") && on_path("Xvfb") && Path::new(MINI_BROWSER).exists(),
        }
    }

    /// Returns true if it supports passkeys and its driver has a virtual authenticator.
    pub fn has_passkeys(self) -> bool {
        self != Self::WebKit
    }

    /// Starts it with an empty profile. It can only reach the host names of `edge`.
    pub async fn start(self, edge: &Edge) -> Browser {
        let proxy = edge.proxy();
        match self {
            Self::ChromiumBlocking | Self::ChromiumAllowing => {
                let mode = u8::from(self == Self::ChromiumBlocking);
                let spki = edge.spki();
                Browser::drive(&chromedriver(), &[], |profile| chromium(profile, &proxy, spki, mode)).await
            }
            Self::Firefox => Browser::drive("geckodriver", &[], |_| gecko(Some(&proxy))).await,
            Self::WebKit => {
                let settings =
                    [("DISPLAY", display()), ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1".into())];
                Browser::drive("WebKitWebDriver", &settings, |_| webkit(&proxy)).await
            }
        }
    }
}

impl Browser {
    /// Starts Firefox with an empty profile. It reaches the servers of this machine directly.
    pub async fn start_firefox() -> Self {
        Self::drive("geckodriver", &[], |_| gecko(None)).await
    }
}

fn manual_proxy(proxy: &str) -> Value {
    json!({"proxyType": "manual", "httpProxy": proxy, "sslProxy": proxy})
}

fn chromium(profile: &str, proxy: &str, spki: &str, cookie_controls_mode: u8) -> Capabilities {
    let preferences = json!({"profile.cookie_controls_mode": cookie_controls_mode});
    let trust = format!("--ignore-certificate-errors-spki-list={spki}");
    let options = chromium_options(profile, &preferences, &[trust]);
    let capabilities = json!({
        "browserName": "chrome", "proxy": manual_proxy(proxy), "goog:chromeOptions": options,
    });
    object(&capabilities)
}

fn gecko(proxy: Option<&str>) -> Capabilities {
    let proxy = proxy.map_or_else(|| json!({"proxyType": "direct"}), manual_proxy);
    object(&json!({
        "browserName": "firefox", "acceptInsecureCerts": true, "proxy": proxy,
        "moz:firefoxOptions": {"binary": firefox().unwrap(), "args": ["-headless"], "prefs": {
            // Use the driver's virtual authenticator instead of a USB key, even with a private certificate authority.
            "security.webauth.webauthn_enable_softtoken": true,
            "security.webauth.webauthn_enable_usbtoken": false,
            "security.webauthn.allow_with_certificate_override": true,
        }},
    }))
}

fn webkit(proxy: &str) -> Capabilities {
    let proxy = format!("--proxy=http://{proxy}");
    object(&json!({
        "browserName": "MiniBrowser", "acceptInsecureCerts": true,
        "webkitgtk:browserOptions": {
            "binary": MINI_BROWSER,
            "args": ["--automation", "--ignore-host=localhost", proxy],
        },
    }))
}

fn object(value: &Value) -> Capabilities {
    value.as_object().unwrap().clone()
}

fn on_path(program: &str) -> bool {
    let path = env::var("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).exists())
}

fn firefox() -> Option<String> {
    ["/usr/bin/firefox-esr", "/usr/bin/firefox"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .map(str::to_owned)
}

/// The virtual X display of this process.
fn display() -> String {
    static SCREEN: OnceLock<(Process, String)> = OnceLock::new();
    let (_, display) = SCREEN.get_or_init(|| {
        let display = format!(":{}", 1000 + std::process::id() % 20_000);
        let log = env::temp_dir().join(format!("drawbridge-screen-{}.log", std::process::id()));
        let mut command = vec!["Xvfb".to_owned(), display.clone()];
        command.extend(["-screen", "0", "1280x800x24", "-nolisten", "tcp"].map(str::to_owned));
        let process = Process::start(Start { command, settings: &[], signal: "TERM", log, remove: None });
        let socket = format!("/tmp/.X11-unix/X{}", display.trim_start_matches(':'));
        let started = Instant::now();
        while !Path::new(&socket).exists() {
            assert!(started.elapsed() < Duration::from_secs(20), "no display: {}", process.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        (process, display)
    });
    display.clone()
}
