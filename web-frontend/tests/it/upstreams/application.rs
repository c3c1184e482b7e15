//! An application at the root of the frontend's origin (`APP_URL`), and who may see which of its paths
//! (`GUARDED_PATHS`).

use reqwest::Method;
use serde_json::Value;
use tests::{Answer, Visitor};

use super::servers::{Gate, header_values, start_server};
use crate::helpers::TestApp;

/// The rules of the tests: everything below `/private`, with an exception, a role and a second factor.
const RULES: &str = "/private/open=public, /private/admin/*=role:admin, /private/vault/*=second-factor, /private/*, \
                     POST /comments";

/// The services, and a web-frontend with an application.
struct ApplicationSetup {
    app: TestApp,
    frontend: String,
}

impl ApplicationSetup {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    async fn start_with(settings: &[(&'static str, &str)]) -> Self {
        let app = TestApp::start().await;
        let application = start_server(Gate::default());
        let mut all = vec![("APP_URL", application.as_str()), ("GUARDED_PATHS", RULES)];
        all.extend(settings);
        let frontend = app.start_frontend(&all);
        Self { app, frontend }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.frontend)
    }

    async fn get(&self, visitor: &mut Visitor, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(visitor, Method::GET, path, headers).await
    }

    async fn send(
        &self,
        visitor: &mut Visitor,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let request = visitor.request(method, &self.url(path));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        visitor.send(request).await
    }
}

const NAVIGATION: &[(&str, &str)] = &[("sec-fetch-mode", "navigate"), ("accept", "text/html")];

fn received(answer: &Answer) -> Value {
    answer.assert_status(200);
    answer.json()
}

#[actix_web::test]
async fn every_other_path_is_the_applications() {
    let setup = ApplicationSetup::start().await;
    let mut visitor = Visitor::new();

    for path in
        ["/", "/login", "/api/login", "/account", "/health/live", "/assets/a.js?v=1", "/a%20b", "/authors"]
    {
        let answer = setup.get(&mut visitor, path, &[]).await;
        assert_eq!(received(&answer)["path"], path);
    }
    for path in ["/auth/login", "/auth/health/live", "/auth", "/.well-known/jwks.json"] {
        let answer = setup.get(&mut visitor, path, &[]).await;
        answer.assert_status(200);
        assert!(!answer.text.contains("\"path\""), "{path}: {}", answer.text);
    }
    setup.get(&mut visitor, "/auth/nothing", &[]).await.assert_error(404, "not_found");
}

#[actix_web::test]
async fn the_api_document_names_where_the_api_is() {
    let setup = ApplicationSetup::start().await;

    let document = setup.get(&mut Visitor::new(), "/auth/openapi.json", &[]).await.json();

    assert_eq!(document["servers"][0]["url"], "/auth");
    let keys = &document["paths"]["/.well-known/jwks.json"];
    assert_eq!(keys["servers"][0]["url"], "/");
    assert!(document["paths"]["/api/login"].get("servers").is_none());
}

#[actix_web::test]
async fn a_page_without_a_session_leads_to_sign_in_and_back() {
    let setup = ApplicationSetup::start().await;
    let mut visitor = Visitor::new();

    let answer = setup.get(&mut visitor, "/private/a?b=c&_rsc=1x", NAVIGATION).await;

    answer.assert_redirect(302, "/auth/login?next=/private/a?b=c");
    let mut visitor = setup.app.signed_in("ada@example.com").await;
    let answer = setup.get(&mut visitor, "/private/a?b=c", NAVIGATION).await;
    assert_eq!(received(&answer)["path"], "/private/a?b=c");
    assert_eq!(answer.header("cache-control"), "private");
}

#[actix_web::test]
async fn scripts_without_a_session_receive_401_and_no_page() {
    let setup = ApplicationSetup::start().await;

    for (case, headers) in [
        ("fetch", &[("sec-fetch-mode", "cors"), ("accept", "*/*")][..]),
        ("XHR", &[("x-requested-with", "XMLHttpRequest")]),
        ("Next.js data", &[("rsc", "1")]),
        ("Next.js prefetch", &[("rsc", "1"), ("next-router-prefetch", "1")]),
        ("event stream", &[("accept", "text/event-stream")]),
        (
            "image",
            &[("sec-fetch-dest", "image"), ("sec-fetch-mode", "no-cors"), ("accept", "image/webp,*/*")],
        ),
        ("JSON", &[("accept", "application/json")]),
    ] {
        let answer = setup.get(&mut Visitor::new(), "/private/a", headers).await;
        assert_eq!(answer.status_and_code(), (401, "missing_token".into()), "{case}");
        assert_eq!(answer.header("set-cookie"), "", "{case}");
    }
}

#[actix_web::test]
async fn a_form_without_a_session_gets_a_page_with_a_way_back() {
    let setup = ApplicationSetup::start().await;

    let headers =
        [NAVIGATION, &[("referer", "http://localhost:8080/articles/7"), ("sec-fetch-site", "same-origin")]];
    let answer = setup.send(&mut Visitor::new(), Method::POST, "/comments", &headers.concat()).await;

    answer.assert_status(401);
    assert!(answer.header("content-type").starts_with("text/html"), "{}", answer.text);
    assert!(answer.text.contains("href=\"/auth/login?next=/articles/7\""), "{}", answer.text);
    assert!(answer.text.contains(">401<"), "{}", answer.text);
    setup.get(&mut Visitor::new(), "/comments", &[]).await.assert_status(200);
}

#[actix_web::test]
async fn a_role_is_required_and_not_a_sign_in() {
    let setup = ApplicationSetup::start().await;
    let mut visitor = setup.app.signed_in("ada@example.com").await;

    let answer = setup.get(&mut visitor, "/private/admin/users", &[]).await;
    answer.assert_error(403, "missing_role");

    let page = setup.get(&mut visitor, "/private/admin/users", NAVIGATION).await;
    page.assert_status(403);
    assert!(page.text.contains("<h1>No access to this page</h1>"), "{}", page.text);
}

#[actix_web::test]
async fn a_second_factor_is_asked_for() {
    let setup = ApplicationSetup::start().await;
    let mut visitor = setup.app.signed_in("ada@example.com").await;

    let page = setup.get(&mut visitor, "/private/vault/a", NAVIGATION).await;
    page.assert_redirect(303, "/auth/account/confirm?factor=second&next=/private/vault/a");

    let page = setup.get(&mut visitor, "/private/vault/a?b=1&_rsc=x", NAVIGATION).await;
    page.assert_redirect(303, "/auth/account/confirm?factor=second&next=/private/vault/a?b=1");
    let script = [("sec-fetch-mode", "cors"), ("accept", "text/html")];
    let answer = setup.get(&mut visitor, "/private/vault/a", &script).await;
    answer.assert_error(403, "confirmation_required");
}

#[actix_web::test]
async fn a_form_that_needs_a_second_factor_leads_to_it() {
    let setup = ApplicationSetup::start().await;
    let mut visitor = setup.app.signed_in("ada@example.com").await;

    let headers = [
        NAVIGATION,
        &[("referer", "http://localhost:8080/private/vault/form"), ("sec-fetch-site", "same-origin")],
    ];
    let page = setup.send(&mut visitor, Method::POST, "/private/vault/a", &headers.concat()).await;

    page.assert_status(403);
    let target = "href=\"/auth/account/confirm?factor=second&#38;next=/private/vault/form\"";
    assert!(page.text.contains(target), "{}", page.text);
}

#[actix_web::test]
async fn other_spellings_of_a_guarded_path_do_not_pass() {
    let setup = ApplicationSetup::start().await;

    for path in [
        "/private",
        "/private/",
        "/PRIVATE/a",
        "/%70rivate/a",
        "//private/a",
        "/x/..%2fprivate/a",
        "/private%2fa",
        "/private;x/a",
        "/private%00/a",
        "/_next/data/abc/private/a.json",
    ] {
        let answer = setup.get(&mut Visitor::new(), path, &[("accept", "application/json")]).await;
        assert!(matches!(answer.status, 400 | 401), "{path}: {} {}", answer.status, answer.text);
    }
    received(&setup.get(&mut Visitor::new(), "/private/open", &[]).await);
}

#[actix_web::test]
async fn the_application_learns_who_the_user_is_on_every_page() {
    let setup = ApplicationSetup::start().await;
    let mut visitor = setup.app.signed_in("ada@example.com").await;

    let request = received(&setup.get(&mut visitor, "/", &[]).await);

    let header = |name: &str| header_values(&request, name).join("|");
    assert_eq!(header("x-auth-status"), "signed-in");
    assert_eq!(header("x-auth-email"), "ada@example.com");
    assert_eq!(header("x-auth-email-verified"), "false");
    assert_eq!(header("x-auth-user-id").len(), 36);
    assert_eq!(header("x-auth-session-id").len(), 36);
    assert!(header("x-auth-token").starts_with("ey"));
    assert_eq!(header("host"), "localhost:8080");
    assert_eq!(header("x-forwarded-host"), "localhost:8080");
    assert!(!header("cookie").contains("token="), "{request}");

    let request = received(&setup.get(&mut Visitor::new(), "/", &[("x-auth-user-id", "1")]).await);
    assert_eq!(header_values(&request, "x-auth-status"), ["anonymous"]);
    assert!(header_values(&request, "x-auth-user-id").is_empty());
}

#[actix_web::test]
async fn other_sites_post_to_listed_paths_only_and_without_the_session() {
    let setup = ApplicationSetup::start_with(&[("CROSS_SITE_PATHS", "/callback, /hooks/*")]).await;
    let mut visitor = setup.app.signed_in("ada@example.com").await;
    let foreign = [("origin", "https://idp.example"), ("sec-fetch-site", "cross-site")];

    for path in ["/callback", "/hooks/payment"] {
        let request = received(&setup.send(&mut visitor, Method::POST, path, &foreign).await);
        assert_eq!(header_values(&request, "x-auth-status"), ["anonymous"], "{path}");
        assert!(header_values(&request, "x-auth-token").is_empty(), "{path}");
    }
    for path in ["/other", "/auth/api/logout"] {
        let answer = setup.send(&mut visitor, Method::POST, path, &foreign).await;
        answer.assert_error(403, "cross_site_request");
    }
}

#[actix_web::test]
async fn an_application_that_is_down_is_reported() {
    let app = TestApp::start().await;
    let frontend = app.start_frontend(&[("APP_URL", "http://127.0.0.1:1"), ("GUARDED_PATHS", "/private/*")]);
    let mut visitor = Visitor::new();

    let answer = visitor.get(&format!("{frontend}/")).await;

    answer.assert_error(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "2");
}
