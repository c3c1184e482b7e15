//! Requests from gateways: `/auth-request` and `/forward-auth`.

use tests::Visitor;

use crate::helpers::TestApp;

const FROM_THE_FRONTEND: [(&str, &str); 3] = [
    ("x-forwarded-proto", "http"),
    ("x-forwarded-host", "localhost:8080"),
    ("x-forwarded-uri", "/app?a=b&c=d"),
];

fn with_token(token: &str) -> Visitor {
    let mut visitor = Visitor::new();
    visitor.set_cookie("token", token);
    visitor
}

#[actix_web::test]
async fn a_valid_token_is_answered_with_the_user_in_headers() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let id = app.user_id(&mut ada).await.to_string();
        let forged = [("x-auth-user-id", "root"), ("x-auth-roles", "admin")];

        // Twice: before and after the record is in memory.
        for path in ["/auth-request", "/forward-auth", "/forward-auth/some/path"].repeat(2) {
            let answer = app.ask_as_gateway(&mut ada, path, &forged).await;

            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            assert_eq!(answer.text, "", "{path}");
            assert_eq!(answer.header("x-auth-user-id"), id, "{path}");
            assert_eq!(answer.header("x-auth-email"), "ada@example.com", "{path}");
            assert_eq!(answer.header("x-auth-roles"), "", "{path}");
            assert_eq!(answer.header("set-cookie"), "", "{path}: a new token is renewed");
            assert!(!answer.header("x-request-id").is_empty(), "{path}");
        }
    }
}

#[actix_web::test]
async fn nginx_gets_401_for_every_refusal() {
    for app in TestApp::on_both().await {
        let ada = app.signed_in("ada@example.com").await;
        let signed_out = app.sign_out(ada).await;

        for (code, visitor) in [
            ("missing_token", Visitor::new()),
            ("invalid_token", with_token("a.b.c")),
            ("session_revoked", signed_out),
        ] {
            for accept in ["text/html", "application/json"] {
                let mut visitor = visitor.clone();
                let answer = app.ask_as_gateway(&mut visitor, "/auth-request", &[("accept", accept)]).await;

                assert_eq!(answer.status_and_code(), (401, code.into()), "{accept}");
                assert_eq!(answer.header("x-auth-user-id"), "", "{code} {accept}");
            }
        }
    }
}

#[actix_web::test]
async fn a_refusal_is_a_problem_with_the_request_id() {
    let app = TestApp::on_sqlite().await;
    let id = ("x-request-id", "request-1");

    // Without a token, the handler answers; with one, the fast path does.
    for (code, mut visitor) in [("missing_token", Visitor::new()), ("invalid_token", with_token("a.b.c"))] {
        let answer = app.ask_as_gateway(&mut visitor, "/auth-request", &[id]).await;

        assert_eq!(answer.status_and_code(), (401, code.into()));
        assert_eq!(answer.header("content-type"), "application/problem+json", "{code}");
        assert_eq!(answer.header("cache-control"), "no-store", "{code}");
        assert_eq!(answer.header("x-request-id"), id.1, "{code}");
        assert_eq!(answer.json()["request_id"], id.1, "{code}");
        assert_eq!(answer.json()["authenticated"], false, "{code}");
    }
}

#[actix_web::test]
async fn a_browser_is_redirected_to_the_sign_in_page() {
    let app = TestApp::on_sqlite().await;
    let page = [("accept", "text/html"), ("x-forwarded-method", "GET")];
    let headers = [&FROM_THE_FRONTEND[..], &page].concat();

    for mut visitor in [Visitor::new(), with_token("a.b.c")] {
        let answer = app.ask_as_gateway(&mut visitor, "/forward-auth", &headers).await;

        assert_eq!(answer.status, 302, "{}", answer.text);
        assert_eq!(answer.header("location"), "http://localhost:8080/login?next=/app?a=b%26c=d");
    }
}

#[actix_web::test]
async fn the_redirect_never_names_another_origin() {
    let app = TestApp::on_sqlite().await;
    let headers =
        [("accept", "text/html"), ("x-forwarded-host", "evil.example"), ("x-forwarded-uri", "/app")];

    let answer = app.ask_as_gateway(&mut Visitor::new(), "/forward-auth", &headers).await;

    assert_eq!(answer.status, 302, "{}", answer.text);
    assert_eq!(answer.header("location"), "http://localhost:8080/login");
}

#[actix_web::test]
async fn a_script_is_not_redirected() {
    let app = TestApp::on_sqlite().await;
    for header in [("accept", "application/json"), ("x-forwarded-method", "POST"), ("sec-fetch-mode", "cors")]
    {
        let headers = [&FROM_THE_FRONTEND[..], &[header]].concat();

        let answer = app.ask_as_gateway(&mut Visitor::new(), "/forward-auth", &headers).await;

        assert_eq!(answer.status_and_code(), (401, "missing_token".into()), "{header:?}");
    }
}

#[actix_web::test]
async fn an_outage_is_503_without_a_redirect() {
    let app = TestApp::without_database().await;
    for path in ["/auth-request", "/forward-auth", "/forward-auth/x"] {
        let answer = app.ask_as_gateway(&mut with_token("a.b.c"), path, &[("accept", "text/html")]).await;

        assert_eq!(answer.status_and_code(), (503, "unavailable".into()), "{path}");
        assert!(!answer.header("retry-after").is_empty(), "{path}");
        assert_eq!(answer.header("set-cookie"), "", "{path}");
        assert_eq!(answer.header("location"), "", "{path}");
    }
}
