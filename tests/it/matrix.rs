//! Four topologies, three modes, four engines: what a person sees, with real names and real TLS.
//! `docs/browser-matrix.md` is written from this run (`UPDATE_DOCS=1`) and has to agree with it.

use std::{collections::BTreeMap, fmt::Write, path::PathBuf, process::Command};

use fantoccini::Locator;
use serde_json::{Value, json};
use tests::{Browser, Edge, Engine, PASSWORD, Pages, Settings, Stack, program};

/// Where frontend and backend are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Topology {
    SameOrigin,
    Siblings,
    Unrelated,
    PublicSuffix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    Proxy,
    Shared,
    Host,
}

const TOPOLOGIES: [Topology; 4] =
    [Topology::SameOrigin, Topology::Siblings, Topology::Unrelated, Topology::PublicSuffix];
const MODES: [Mode; 3] = [Mode::Proxy, Mode::Shared, Mode::Host];

impl Topology {
    fn name(self) -> &'static str {
        match self {
            Self::SameOrigin => "one origin",
            Self::Siblings => "sibling subdomains",
            Self::Unrelated => "two unrelated sites",
            Self::PublicSuffix => "two hosts under a public suffix",
        }
    }

    /// The hosts of a deployment of its own: no cell meets another's cookies.
    fn hosts(self, mode: Mode) -> (String, String) {
        let mode = mode.name();
        match self {
            Self::SameOrigin => (format!("one-{mode}.com"), format!("one-{mode}.com")),
            Self::Siblings => (format!("app.siblings-{mode}.com"), format!("api.siblings-{mode}.com")),
            Self::Unrelated => (format!("frontend-{mode}.com"), format!("backend-{mode}.org")),
            Self::PublicSuffix => {
                (format!("frontend-{mode}.vercel.app"), format!("backend-{mode}.vercel.app"))
            }
        }
    }
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Shared => "shared",
            Self::Host => "host",
        }
    }
}

/// What the deployment is.
enum Deployment {
    /// The whole product: whoever is signed in is seen to be.
    Guarded,
    /// A backend and a page of somebody else's: nobody guards the page.
    BackendAlone,
    /// A refusal at start, with these words in it.
    Refused(&'static str),
}

fn expected(topology: Topology, mode: Mode) -> Deployment {
    match (topology, mode) {
        (_, Mode::Proxy) | (Topology::SameOrigin, _) | (Topology::Siblings, Mode::Shared) => {
            Deployment::Guarded
        }
        (Topology::Unrelated, Mode::Shared) => Deployment::Refused("needs a parent domain"),
        (Topology::PublicSuffix, Mode::Shared) => Deployment::Refused("is a public suffix"),
        (_, Mode::Host) => Deployment::BackendAlone,
    }
}

/// A deployment that runs, and how browsers get to it.
struct Cell {
    topology: Topology,
    mode: Mode,
    frontend: String,
    backend: String,
    email: String,
    /// Another site, with a link to the guarded page.
    foreign: String,
    is_guarded: bool,
    _stack: Stack,
}

fn port_of(url: &str) -> u16 {
    url.rsplit_once(':').unwrap().1.parse().unwrap()
}

/// A page of somebody else's, whose scripts call what they like; the product's own pages let no script run.
const PAGE: &str = "<!doctype html><title>Page</title><p>A page of somebody else's";

/// Where it stands on the frontend of a whole deployment.
const PAGE_PATH: &str = "/spa";

fn set(settings: &mut Settings, frontend: &str, backend: &str, mode: Mode, page: u16) {
    settings.insert("FRONTEND_ORIGIN", frontend.to_owned());
    settings.insert("BACKEND_ORIGIN", backend.to_owned());
    settings.insert("COOKIE_MODE", mode.name().to_owned());
    if let Some(auth) = settings.get("AUTH_SERVICE_URL").cloned() {
        settings.insert("UPSTREAMS", format!("/backend={auth}, {PAGE_PATH}=http://127.0.0.1:{page}"));
    }
}

async fn start(edge: &Edge, topology: Topology, mode: Mode, is_guarded: bool) -> Cell {
    let (app, api) = topology.hosts(mode);
    let (frontend, backend) = (format!("https://{app}"), format!("https://{api}"));
    let page = Pages::start(PAGE).port;
    let change = |_: &str, settings: &mut Settings| set(settings, &frontend, &backend, mode, page);
    let stack =
        if is_guarded { Stack::three_programs_with(change) } else { Stack::auth_service_with(change) };
    let foreign = format!("links-{}-{topology:?}.net", mode.name()).to_lowercase();
    let link = format!("<!doctype html><title>Links</title><a id=link href='{frontend}/private'>there</a>");
    edge.route(&foreign, Pages::start(&link).port);
    edge.route(&api, port_of(&stack.auth));
    edge.route(&app, if is_guarded { port_of(&stack.frontend) } else { page });
    let email = stack.registered("ada").await;
    let foreign = format!("https://{foreign}/");
    Cell { topology, mode, frontend, backend, email, foreign, is_guarded, _stack: stack }
}

/// Asserts that a service does not start, and says why.
fn assert_refused(name: &str, topology: Topology, mode: Mode, words: &str) {
    let (app, api) = topology.hosts(mode);
    let mut settings = Settings::from([
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none".to_owned()),
        ("REDIS_URL", "memory:".to_owned()),
        ("MASTER_SECRET", "the master secret of the test suite".to_owned()),
        ("AUTH_SERVICE_URL", "http://127.0.0.1:1".to_owned()),
        ("VERIFY_SERVICE_URL", "http://127.0.0.1:1".to_owned()),
    ]);
    set(&mut settings, &format!("https://{app}"), &format!("https://{api}"), mode, 1);
    let output = Command::new(program(name)).envs(&settings).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains(words), "{name} {topology:?} {mode:?}: {text}");
    assert!(text.contains("COOKIE_MODE=proxy"), "and the way out: {text}");
}

impl Cell {
    fn credentials(&self) -> Value {
        json!({"email": self.email, "password": PASSWORD})
    }

    /// The origin whose `/api/…` a page of this deployment calls.
    fn api(&self) -> &str {
        match self.mode {
            Mode::Proxy => &self.frontend,
            Mode::Shared | Mode::Host => &self.backend,
        }
    }

    async fn fetch(&self, browser: &Browser, method: &str, path: &str, body: Option<Value>) -> (u64, Value) {
        self.fetch_from(browser, method, &format!("{}{path}", self.api()), body).await
    }

    /// Calls a URL from a page at the frontend's origin.
    async fn fetch_from(
        &self,
        browser: &Browser,
        method: &str,
        url: &str,
        body: Option<Value>,
    ) -> (u64, Value) {
        let path = if self.is_guarded { PAGE_PATH } else { "/" };
        if browser.client.current_url().await.unwrap().as_str() != format!("{}{path}", self.frontend) {
            self.goto(browser, path).await;
        }
        browser.fetch(method, url, body).await
    }

    /// Whether the guarded page is shown, or else the sign-in page.
    async fn is_inside(&self, browser: &Browser) -> bool {
        let found = browser.client.wait().for_element(Locator::Css("main h1")).await.unwrap();
        drop(found);
        let url = browser.client.current_url().await.unwrap();
        assert!(matches!(url.path(), "/private" | "/login"), "{self:?} at {url}");
        url.path() == "/private" && browser.client.source().await.unwrap().contains(&self.email)
    }

    async fn goto(&self, browser: &Browser, path: &str) {
        browser.client.goto(&format!("{}{path}", self.frontend)).await.unwrap();
    }

    async fn sign_in_by_form(&self, browser: &Browser) -> bool {
        self.goto(browser, "/private").await;
        assert!(!self.is_inside(browser).await, "{self:?}: signed in before signing in");
        browser.fill("#email", &self.email).await;
        browser.fill("#password", PASSWORD).await;
        browser.click("main form button.wide").await;
        browser.wait_for_path("/private").await;
        self.is_inside(browser).await
    }

    async fn sign_out(&self, browser: &Browser) -> bool {
        let (status, _) = self.fetch(browser, "POST", "/api/logout", None).await;
        self.goto(browser, "/private").await;
        status == 200 && !self.is_inside(browser).await
    }

    /// All that a person does at a deployment that guards its pages.
    async fn go_about(&self, browser: &Browser) -> Vec<(&'static str, bool)> {
        let mut seen = vec![("signs in by the form", self.sign_in_by_form(browser).await)];
        browser.client.refresh().await.unwrap();
        seen.push(("stays in after a reload", self.is_inside(browser).await));
        browser.client.goto(&self.foreign).await.unwrap();
        browser.click("#link").await;
        browser.wait_for_path("/private").await;
        seen.push(("arrives by another site's link", self.is_inside(browser).await));
        let (status, me) = self.fetch(browser, "GET", "/api/me", None).await;
        seen.push((
            "is known to the backend",
            status == 200 && me["data"]["user"]["email"] == self.email.as_str(),
        ));
        let (status, me) =
            self.fetch_from(browser, "GET", &format!("{}/backend/api/me", self.frontend), None).await;
        seen.push((
            "is known behind /backend",
            status == 200 && me["data"]["user"]["email"] == self.email.as_str(),
        ));
        let (status, renewed) = self.fetch(browser, "POST", "/api/refresh", None).await;
        self.goto(browser, "/private").await;
        let is_hidden = renewed.get("token").is_none();
        seen.push(("is renewed", status == 200 && is_hidden && self.is_inside(browser).await));
        seen.push(("signs out", self.sign_out(browser).await));
        let (status, _) = self.fetch(browser, "POST", "/api/login", Some(self.credentials())).await;
        self.goto(browser, "/private").await;
        seen.push(("signs in by fetch", status == 200 && self.is_inside(browser).await));
        browser.client.goto(&self.foreign).await.unwrap();
        self.goto(browser, "/private").await;
        seen.push(("comes back", self.is_inside(browser).await));
        seen.push((
            "no script reads the cookie",
            browser.client.execute("return document.cookie", vec![]).await.unwrap() == "",
        ));
        seen.push(("signs out again", self.sign_out(browser).await));
        seen
    }

    /// What a page without a guard can do with a backend on its own: whether the cookie is kept and sent.
    async fn call_from_elsewhere(&self, browser: &Browser) -> bool {
        self.goto(browser, "/").await;
        let (status, answer) = self.fetch(browser, "POST", "/api/login", Some(self.credentials())).await;
        assert_eq!(status, 200, "{self:?}: signing in is answered, whatever the browser keeps: {answer}");
        let (status, _) = self.fetch(browser, "GET", "/api/me", None).await;
        let is_kept = status == 200;
        browser.client.refresh().await.unwrap();
        let (again, _) = self.fetch(browser, "GET", "/api/me", None).await;
        assert_eq!(again, status, "{self:?}: after a reload it is another");
        let (status, _) = self.fetch(browser, "POST", "/api/logout", None).await;
        let (after, _) = self.fetch(browser, "GET", "/api/me", None).await;
        assert_eq!((status, after), (200, 403), "{self:?}: signed out");
        is_kept
    }

    /// What a person at this engine meets, in a few words.
    async fn outcome(&self, engine: Engine, browser: &Browser) -> String {
        if !self.is_guarded {
            let kept = self.call_from_elsewhere(browser).await;
            return if kept { "calls only".into() } else { "dropped".into() };
        }
        let seen = self.go_about(browser).await;
        let failed: Vec<_> = seen.iter().filter(|(_, good)| !good).map(|(what, _)| *what).collect();
        assert!(failed.is_empty(), "{self:?} in {}: {failed:?}", engine.name());
        "works".into()
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}", self.topology.name(), self.mode.name())
    }
}

/// What each engine makes of each deployment; engines that are not here are left out.
type Outcomes = BTreeMap<(Topology, Mode), BTreeMap<&'static str, String>>;

#[tokio::test]
async fn every_topology_and_mode_in_every_engine() {
    let edge = Edge::start();
    let (mut cells, mut outcomes) = (Vec::new(), Outcomes::new());
    for (topology, mode) in TOPOLOGIES.into_iter().flat_map(|topology| MODES.map(|mode| (topology, mode))) {
        match expected(topology, mode) {
            Deployment::Guarded => cells.push(start(&edge, topology, mode, true).await),
            Deployment::BackendAlone => {
                assert_refused("web-frontend", topology, mode, "No guard on the frontend ever sees it");
                cells.push(start(&edge, topology, mode, false).await);
            }
            Deployment::Refused(words) => {
                for name in ["auth-service", "verify-service", "web-frontend"] {
                    assert_refused(name, topology, mode, words);
                }
                let all = Engine::ALL.map(|engine| (engine.name(), "refused at start".to_owned()));
                outcomes.insert((topology, mode), all.into());
            }
        }
    }
    // Two at a time: one waits for its pages while the other draws.
    let engines: Vec<_> = Engine::ALL.into_iter().filter(|engine| engine.is_here()).collect();
    for pair in engines.chunks(2) {
        let runs = pair.iter().map(|engine| run(*engine, &edge, &cells));
        for (engine, seen) in pair.iter().zip(futures_util::future::join_all(runs).await) {
            for (cell, outcome) in cells.iter().zip(seen) {
                outcomes.entry((cell.topology, cell.mode)).or_default().insert(engine.name(), outcome);
            }
        }
    }
    assert_documented(&engines, &outcomes);
}

async fn run(engine: Engine, edge: &Edge, cells: &[Cell]) -> Vec<String> {
    let browser = engine.start(edge).await;
    let mut outcomes = Vec::new();
    for cell in cells {
        outcomes.push(cell.outcome(engine, &browser).await);
    }
    browser.close().await;
    outcomes
}

const INTRODUCTION: &str = "\
# Browser matrix

What each browser engine does with the session cookie, for every combination of [topology](glossary.md#topology)
and [`COOKIE_MODE`](glossary.md#cookie-mode). `tests/it/matrix.rs` generates this page from a run of the real
programs with real host names and TLS, and every run of the tests checks it.

- *works*: the user signs in with the form and with `fetch`, stays signed in after a reload, is signed in when they
  follow a link from another site, is known to the backend, gets a renewed token, and can sign out.
- *calls only*: the browser sends the cookie with calls to the backend, but no guard on the frontend sees it.
- *dropped*: the sign-in is answered with 200, but the browser stores no cookie.
- *refused at start*: no service starts.

With *calls only* and *dropped*, web-frontend refuses to start. auth-service starts and serves pages that are not
Drawbridge's. A service that refuses to start names the setting at fault and the fix.

For example, with two unrelated sites and `host`, Chromium and Firefox send the cookie with calls to the backend and
WebKit drops it. Use `proxy` there.

WebKitGTK has Safari's engine but not all of Safari's rules.
";

/// The document that says the same as these outcomes.
fn document(outcomes: &Outcomes) -> String {
    let mut text = format!("{INTRODUCTION}\n| topology | `COOKIE_MODE` |");
    for engine in Engine::ALL {
        write!(text, " {} |", engine.name()).unwrap();
    }
    text.push_str("\n| --- | --- | --- | --- | --- | --- |\n");
    for ((topology, mode), seen) in outcomes {
        write!(text, "| {} | `{}` |", topology.name(), mode.name()).unwrap();
        for engine in Engine::ALL {
            write!(text, " {} |", seen[engine.name()]).unwrap();
        }
        text.push('\n');
    }
    text
}

fn assert_documented(engines: &[Engine], outcomes: &Outcomes) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/browser-matrix.md");
    if drawbridge_core::settings::environment("UPDATE_DOCS").is_some() {
        assert_eq!(engines.len(), Engine::ALL.len(), "the document needs all engines");
        std::fs::write(&file, document(outcomes)).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    let mut documented = written.lines().filter(|line| line.starts_with("| ")).skip(2);
    for ((topology, mode), seen) in outcomes {
        let line = documented.next().unwrap_or_default();
        let columns: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(columns[..2], [topology.name().to_owned(), format!("`{}`", mode.name())], "{line}");
        for (engine, column) in Engine::ALL.iter().zip(&columns[2..]) {
            // What cannot be run here is not judged here.
            if let Some(outcome) = seen.get(engine.name()) {
                assert_eq!(
                    outcome,
                    column,
                    "{} for {topology:?}, {mode:?}: UPDATE_DOCS=1 writes it",
                    engine.name()
                );
            }
        }
    }
    if engines.len() == Engine::ALL.len() {
        assert_eq!(written, document(outcomes), "UPDATE_DOCS=1 writes it");
    }
}
