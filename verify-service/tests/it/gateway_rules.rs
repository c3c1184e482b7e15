//! Access rules (`GUARDED_PATHS`) behind a gateway, which names the requested path in a header.

use tests::{Answer, Visitor};

use crate::helpers::TestApp;

const RULES: &str = "/private/open=public, /private/admin/*=role:admin, /private/vault/*=second-factor, /private/*, \
                     grafana.example.com/*, POST /comments";

const BOTH: [&str; 2] = ["/auth-request", "/forward-auth"];

const PAGE: (&str, &str) = ("accept", "text/html");
const SCRIPT: (&str, &str) = ("accept", "application/json");

async fn ask(
    app: &TestApp,
    visitor: &mut Visitor,
    endpoint: &str,
    uri: &str,
    accept: (&str, &str),
) -> Answer {
    let headers = [
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "localhost:8080"),
        ("x-forwarded-uri", uri),
        accept,
    ];
    app.ask_as_gateway(visitor, endpoint, &headers).await
}

#[actix_web::test]
async fn everyone_may_see_what_no_rule_guards() {
    let app = TestApp::with_access_rules(RULES).await;
    let mut ada = app.signed_in("ada@example.com").await;

    for endpoint in BOTH {
        for uri in ["/", "/private/open", "/authors?a=/private/x"] {
            let answer = ask(&app, &mut Visitor::new(), endpoint, uri, PAGE).await;
            answer.assert_status(200);
            assert_eq!(answer.header("x-auth-status"), "anonymous", "{endpoint} {uri}");
            assert_eq!(answer.header("x-auth-user-id"), "", "{endpoint} {uri}");

            let answer = ask(&app, &mut ada, endpoint, uri, PAGE).await;
            assert_eq!(answer.header("x-auth-status"), "signed-in", "{endpoint} {uri}");
        }
    }
}

#[actix_web::test]
async fn a_guarded_path_needs_a_session() {
    let app = TestApp::with_access_rules(RULES).await;
    let mut ada = app.signed_in("ada@example.com").await;

    for uri in ["/private", "/PRIVATE/a?b", "/%70rivate/a", "/_next/data/abc/private/a.json"] {
        for endpoint in BOTH {
            let answer = ask(&app, &mut Visitor::new(), endpoint, uri, SCRIPT).await;
            answer.assert_error(401, "missing_token");
            ask(&app, &mut ada, endpoint, uri, SCRIPT).await.assert_status(200);
        }
    }
    let page = ask(&app, &mut Visitor::new(), "/forward-auth", "/private/a", PAGE).await;
    page.assert_redirect(302, "http://localhost:8080/login?next=/private/a");
}

#[actix_web::test]
async fn nginx_is_never_answered_with_a_status_that_it_does_not_know() {
    let app = TestApp::with_access_rules(RULES).await;
    let mut ada = app.signed_in("ada@example.com").await;

    for uri in ["/private%2fa", "/x/..%2fprivate/a", "/private;a/b"] {
        for visitor in [&mut ada, &mut Visitor::new()] {
            let answer = ask(&app, visitor, "/auth-request", uri, PAGE).await;
            answer.assert_error(403, "ambiguous_path");
        }
    }
    ask(&app, &mut ada, "/auth-request", "/private/admin/x", PAGE).await.assert_error(403, "missing_role");
}

#[actix_web::test]
async fn a_second_factor_is_asked_for_in_a_browser() {
    let app = TestApp::with_access_rules(RULES).await;
    let mut ada = app.signed_in("ada@example.com").await;

    let page = ask(&app, &mut ada, "/forward-auth", "/private/vault/a?b", PAGE).await;
    let target = "http://localhost:8080/account/confirm?factor=second&next=/private/vault/a?b";
    page.assert_redirect(302, target);

    let script = ask(&app, &mut ada, "/forward-auth", "/private/vault/a?b", SCRIPT).await;
    script.assert_error(403, "confirmation_required");
}

#[actix_web::test]
async fn rules_for_hosts_and_methods_apply_to_the_forwarded_ones() {
    let app = TestApp::with_access_rules(RULES).await;
    let mut visitor = Visitor::new();

    let grafana = [("x-forwarded-host", "grafana.example.com"), ("x-forwarded-uri", "/"), SCRIPT];
    app.ask_as_gateway(&mut visitor, "/forward-auth", &grafana).await.assert_error(401, "missing_token");
    for (method, status) in [("GET", 200), ("POST", 401)] {
        let headers = [
            ("x-forwarded-host", "localhost:8080"),
            ("x-forwarded-uri", "/comments"),
            ("x-forwarded-method", method),
            SCRIPT,
        ];
        app.ask_as_gateway(&mut visitor, "/forward-auth", &headers).await.assert_status(status);
    }
}

#[actix_web::test]
async fn without_a_path_everything_is_guarded() {
    let app = TestApp::with_access_rules(RULES).await;

    for endpoint in BOTH {
        let answer = app.ask_as_gateway(&mut Visitor::new(), endpoint, &[SCRIPT]).await;
        answer.assert_error(401, "missing_token");
    }
}
