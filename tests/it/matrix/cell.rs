use fantoccini::Locator;
use serde_json::{Value, json};
use tests::{Browser, Deployment, Edge, Engine, PASSWORD, Pages, Service, credentials};

use super::{Hosts, Mode, Row};

/// A third-party page. Its scripts may call any URL, while the product's own pages may only call their own
/// origin.
const PAGE: &str = "<!doctype html><title>Page</title><p>A third-party page";

/// The path of the third-party page on the frontend of a guarded deployment.
const PAGE_PATH: &str = "/spa";

/// Who serves the pages of the frontend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hosting {
    /// web-frontend, with its guard.
    Guarded,
    /// A third party.
    ThirdParty,
}

/// The running deployment of a row, and how browsers reach it.
pub(super) struct Cell {
    pub(super) row: Row,
    hosting: Hosting,
    frontend: String,
    backend: String,
    email: String,
    /// Another site, with a link to the guarded page.
    foreign: String,
    _deployment: Deployment,
}

/// What a user does, and whether it succeeded.
struct Step {
    name: &'static str,
    succeeded: bool,
}

fn port_of(url: &str) -> u16 {
    url.rsplit_once(':').unwrap().1.parse().unwrap()
}

impl Cell {
    pub(super) async fn start(edge: &Edge, row: Row, hosting: Hosting) -> Self {
        let Hosts { frontend, backend } = row.hosts();
        let page = Pages::start(PAGE).port;
        let mut builder = Deployment::builder().setting(
            "UPSTREAMS",
            format!("/backend={{verify}} audience=backend, {PAGE_PATH}=http://127.0.0.1:{page}"),
        );
        for (name, value) in row.settings() {
            builder = builder.setting(name, value);
        }
        if hosting == Hosting::ThirdParty {
            builder = builder.only(Service::Auth);
        }
        let deployment = builder.start();
        edge.route(&backend, port_of(&deployment.auth));
        edge.route(&frontend, if hosting == Hosting::Guarded { port_of(&deployment.frontend) } else { page });
        let frontend = format!("https://{frontend}");
        Self {
            row,
            hosting,
            foreign: start_foreign_site(edge, row, &frontend),
            frontend,
            backend: format!("https://{backend}"),
            email: deployment.registered("ada").await,
            _deployment: deployment,
        }
    }

    /// What a user of this engine experiences, in a few words.
    pub(super) async fn outcome(&self, engine: Engine, browser: &Browser) -> String {
        if self.hosting == Hosting::ThirdParty {
            let is_kept = self.call_backend(browser).await;
            return if is_kept { "calls only".into() } else { "dropped".into() };
        }
        let steps = self.use_pages(browser).await;
        let failed: Vec<_> = steps.iter().filter(|step| !step.succeeded).map(|step| step.name).collect();
        assert!(failed.is_empty(), "{} in {}: {failed:?}", self.row.name(), engine.name());
        "works".into()
    }

    /// The origin whose `/api/…` a page of this deployment calls.
    fn api(&self) -> &str {
        match self.row.mode {
            Mode::Proxy => &self.frontend,
            Mode::Shared | Mode::Host => &self.backend,
        }
    }

    async fn goto(&self, browser: &Browser, path: &str) {
        browser.client.goto(&format!("{}{path}", self.frontend)).await.unwrap();
    }

    /// Calls a URL from a page on the frontend's origin.
    async fn fetch(&self, browser: &Browser, method: &str, url: &str, body: Option<Value>) -> (u64, Value) {
        let path = if self.hosting == Hosting::Guarded { PAGE_PATH } else { "/" };
        if browser.client.current_url().await.unwrap().as_str() != format!("{}{path}", self.frontend) {
            self.goto(browser, path).await;
        }
        browser.fetch(method, url, body).await
    }

    /// Calls the API from a page on the frontend's origin.
    async fn call(&self, browser: &Browser, method: &str, path: &str) -> (u64, Value) {
        self.fetch(browser, method, &format!("{}{path}", self.api()), None).await
    }

    /// Signs in with `fetch`.
    async fn log_in(&self, browser: &Browser) -> (u64, Value) {
        let url = format!("{}/api/login", self.api());
        self.fetch(browser, "POST", &url, Some(credentials(&self.email, PASSWORD))).await
    }

    /// Returns true if the response to `/api/me` names the user.
    fn is_known(&self, status: u64, me: &Value) -> bool {
        status == 200 && me["data"]["user"]["email"] == self.email.as_str()
    }

    /// Returns true if the browser shows the guarded page, and false if it shows the sign-in page.
    async fn is_inside(&self, browser: &Browser) -> bool {
        browser.client.wait().for_element(Locator::Css("main h1")).await.unwrap();
        let url = browser.client.current_url().await.unwrap();
        assert!(matches!(url.path(), "/private" | "/login"), "{} at {url}", self.row.name());
        url.path() == "/private" && browser.client.source().await.unwrap().contains(&self.email)
    }

    /// Opens the guarded page. Returns true if the browser shows it.
    async fn can_open_private(&self, browser: &Browser) -> bool {
        self.goto(browser, "/private").await;
        self.is_inside(browser).await
    }

    async fn sign_in_with_form(&self, browser: &Browser) -> bool {
        let was_inside = self.can_open_private(browser).await;
        assert!(!was_inside, "{}: signed in before signing in", self.row.name());
        browser.fill("#email", &self.email).await;
        browser.fill("#password", PASSWORD).await;
        browser.click("main form button.wide").await;
        browser.wait_for_path("/private").await;
        self.is_inside(browser).await
    }

    async fn follow_foreign_link(&self, browser: &Browser) -> bool {
        browser.client.goto(&self.foreign).await.unwrap();
        browser.click("#link").await;
        browser.wait_for_path("/private").await;
        self.is_inside(browser).await
    }

    async fn renew(&self, browser: &Browser) -> bool {
        let (status, renewed) = self.call(browser, "POST", "/api/refresh").await;
        let is_inside = self.can_open_private(browser).await;
        status == 200 && renewed.get("token").is_none() && is_inside
    }

    async fn sign_out(&self, browser: &Browser) -> bool {
        let (status, _) = self.call(browser, "POST", "/api/logout").await;
        !self.can_open_private(browser).await && status == 200
    }

    async fn sign_in_with_fetch(&self, browser: &Browser) -> bool {
        let (status, _) = self.log_in(browser).await;
        self.can_open_private(browser).await && status == 200
    }

    async fn come_back(&self, browser: &Browser) -> bool {
        browser.client.goto(&self.foreign).await.unwrap();
        self.can_open_private(browser).await
    }

    /// Everything that a user does on a guarded deployment.
    async fn use_pages(&self, browser: &Browser) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut add = |name, succeeded| steps.push(Step { name, succeeded });

        add("signs in with the form", self.sign_in_with_form(browser).await);
        browser.client.refresh().await.unwrap();
        add("stays signed in after a reload", self.is_inside(browser).await);
        add("follows a link from another site", self.follow_foreign_link(browser).await);
        let (status, me) = self.call(browser, "GET", "/api/me").await;
        add("is known to the backend", self.is_known(status, &me));
        // verify-service as a backend: it learns who is signed in from the access token alone.
        let behind_proxy = format!("{}/backend/api/verify", self.frontend);
        let question = Some(json!({"audience": "backend"}));
        let (status, me) = self.fetch(browser, "POST", &behind_proxy, question).await;
        add("is known behind /backend", self.is_known(status, &me));
        add("gets a renewed token", self.renew(browser).await);
        add("signs out", self.sign_out(browser).await);
        add("signs in with fetch", self.sign_in_with_fetch(browser).await);
        add("comes back", self.come_back(browser).await);
        let visible = browser.client.execute("return document.cookie", vec![]).await.unwrap();
        add("hides the cookie from scripts", visible == "");
        add("signs out again", self.sign_out(browser).await);
        steps
    }

    /// Calls the backend from a page without a guard. Returns true if the browser stores and sends the cookie.
    async fn call_backend(&self, browser: &Browser) -> bool {
        let name = self.row.name();
        self.goto(browser, "/").await;
        let (status, answer) = self.log_in(browser).await;
        assert_eq!(status, 200, "{name}: the login succeeds even if the browser drops the cookie: {answer}");

        let (status, _) = self.call(browser, "GET", "/api/me").await;
        browser.client.refresh().await.unwrap();
        let (after_reload, _) = self.call(browser, "GET", "/api/me").await;
        let (logout, _) = self.call(browser, "POST", "/api/logout").await;
        let (after_logout, _) = self.call(browser, "GET", "/api/me").await;

        assert_eq!(after_reload, status, "{name}: different after a reload");
        assert_eq!(logout, 200, "{name}");
        assert_eq!(after_logout, 403, "{name}: still signed in");
        status == 200
    }
}

/// Starts a site with a link to the guarded page, and returns its URL.
fn start_foreign_site(edge: &Edge, row: Row, frontend: &str) -> String {
    let host = format!("links-{}-{:?}.net", row.mode.name(), row.topology).to_lowercase();
    let html = format!("<!doctype html><title>Links</title><a id=link href='{frontend}/private'>there</a>");
    edge.route(&host, Pages::start(&html).port);
    format!("https://{host}/")
}
