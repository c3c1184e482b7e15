use std::{
    env,
    path::Path,
    sync::OnceLock,
    time::{Duration, Instant},
};

use fantoccini::wd::Capabilities;
use serde_json::json;

use crate::{
    browser::{Browser, chromedriver},
    edge::Edge,
    process::{Process, Start},
};

/// A browser engine, as people have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chromium that blocks third-party cookies.
    ChromiumBlocking,
    /// Chromium that allows them.
    ChromiumAllowing,
    /// Firefox with its defaults.
    Firefox,
    /// `WebKitGTK` with its defaults: not Safari, but its engine.
    WebKit,
}

/// Where Debian keeps the browser that comes with it.
const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

impl Engine {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::ChromiumBlocking, Self::ChromiumAllowing, Self::Firefox, Self::WebKit];

    /// What it is called in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChromiumBlocking => "Chromium, third-party cookies blocked",
            Self::ChromiumAllowing => "Chromium, third-party cookies allowed",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKitGTK",
        }
    }

    /// Whether it can be driven on this machine.
    pub fn is_here(self) -> bool {
        match self {
            Self::ChromiumBlocking | Self::ChromiumAllowing => true,
            Self::Firefox => on_path("geckodriver") && firefox().is_some(),
            Self::WebKit => on_path("WebKitWebDriver") && on_path("Xvfb") && Path::new(MINI_BROWSER).exists(),
        }
    }

    /// Whether it knows passkeys, and its driver has an authenticator for them.
    pub fn has_passkeys(self) -> bool {
        self != Self::WebKit
    }

    /// Starts it with an empty profile; it gets to the names that `edge` knows, and to no other.
    pub async fn start(self, edge: &Edge) -> Browser {
        let proxy = edge.proxy();
        let manual = json!({"proxyType": "manual", "httpProxy": proxy, "sslProxy": proxy});
        match self {
            Self::ChromiumBlocking | Self::ChromiumAllowing => {
                let mode = u8::from(self == Self::ChromiumBlocking);
                let spki = edge.spki().to_owned();
                Browser::drive(&chromedriver(), &[], move |profile| {
                    let mut options = json!({
                        "prefs": {"profile.cookie_controls_mode": mode},
                        "args": [
                            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                            "--disable-quic", "--no-first-run", "--disable-background-networking",
                            "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion",
                            format!("--ignore-certificate-errors-spki-list={spki}"),
                            format!("--user-data-dir={profile}"),
                        ],
                    });
                    if let Ok(binary) = env::var("CHROMIUM") {
                        options["binary"] = binary.into();
                    }
                    object(json!({"browserName": "chrome", "proxy": manual, "goog:chromeOptions": options}))
                })
                .await
            }
            Self::Firefox => {
                let binary = firefox().unwrap();
                Browser::drive("geckodriver", &[], move |_| {
                    object(json!({
                        "browserName": "firefox", "acceptInsecureCerts": true, "proxy": manual,
                        "moz:firefoxOptions": {"binary": binary, "args": ["-headless"], "prefs": {
                            // An authenticator of the driver's, not one that is plugged in; also where nobody
                            // else knows the authority.
                            "security.webauth.webauthn_enable_softtoken": true,
                            "security.webauth.webauthn_enable_usbtoken": false,
                            "security.webauthn.allow_with_certificate_override": true,
                        }},
                    }))
                })
                .await
            }
            Self::WebKit => {
                let settings =
                    [("DISPLAY", display()), ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1".into())];
                Browser::drive("WebKitWebDriver", &settings, move |_| {
                    object(json!({
                        "browserName": "MiniBrowser", "acceptInsecureCerts": true,
                        "webkitgtk:browserOptions": {
                            "binary": MINI_BROWSER,
                            "args": ["--automation", "--ignore-host=localhost", format!("--proxy=http://{proxy}")],
                        },
                    }))
                })
                .await
            }
        }
    }
}

fn object(value: serde_json::Value) -> Capabilities {
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

/// A screen that nobody sees, for the whole process.
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
            assert!(started.elapsed() < Duration::from_secs(20), "no screen: {}", process.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        (process, display)
    });
    display.clone()
}
