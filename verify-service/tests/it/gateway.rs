//! Requests from gateways: `/auth-request` and `/forward-auth`.

use tests::{Answer, Visitor};

use crate::helpers::TestApp;

const FROM_THE_FRONTEND: [(&str, &str); 3] = [
    ("x-forwarded-proto", "http"),
    ("x-forwarded-host", "localhost:8080"),
    ("x-forwarded-uri", "/app?a=b&c=d"),
];

/// Sent by requests that must not be redirected.
const SCRIPT: (&str, &str) = ("accept", "application/json");

fn with_token(token: &str) -> Visitor {
    let mut visitor = Visitor::new();
    visitor.set_cookie("token", token);
    visitor
}

/// The values of `X-Auth-Status` and of the headers about the user. Every one of them must be there, so that a gateway
/// overwrites what a client has sent.
fn identity(answer: &Answer) -> (&str, [&str; 4]) {
    let header = |name: &str| {
        let values: Vec<_> = answer.headers.get_all(name).iter().collect();
        let [value] = values.as_slice() else { panic!("{name}: {:?}", answer.headers) };
        value.to_str().unwrap()
    };
    let user = ["x-auth-user-id", "x-auth-email", "x-auth-email-verified", "x-auth-roles"];
    (header("x-auth-status"), user.map(header))
}

const NO_USER: [&str; 4] = [""; 4];

#[actix_web::test]
async fn a_valid_token_is_answered_with_the_user_in_headers() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let id = app.user_id(&mut ada).await.to_string();
        let forged = [("x-auth-user-id", "root"), ("x-auth-roles", "admin"), ("x-auth-status", "unknown")];

        // Twice: before and after the record is in memory.
        for path in ["/auth-request", "/forward-auth", "/forward-auth/some/path"].repeat(2) {
            let answer = app.ask_as_gateway(&mut ada, path, &forged).await;

            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            assert_eq!(answer.text, "", "{path}");
            let user = [id.as_str(), "ada@example.com", "false", ""];
            assert_eq!(identity(&answer), ("signed-in", user), "{path}");
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
                assert_eq!(identity(&answer), ("anonymous", NO_USER), "{code} {accept}");
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
        assert_eq!(identity(&answer), ("anonymous", NO_USER));
    }
}

#[actix_web::test]
async fn the_redirect_always_leads_to_the_sign_in_page() {
    let app = TestApp::on_sqlite().await;
    // The sign-in page decides whether it returns to another origin.
    for (case, proto, host, next) in [
        ("another origin", "https", "shop.example.com", "?next=https://shop.example.com/app?a=b%26c=d"),
        ("plain http", "http", "shop.example.com", ""),
        ("a user", "https", "localhost:8080@evil.example", ""),
    ] {
        let headers = [
            ("accept", "text/html"),
            ("x-forwarded-proto", proto),
            ("x-forwarded-host", host),
            ("x-forwarded-uri", "/app?a=b&c=d"),
        ];

        let answer = app.ask_as_gateway(&mut Visitor::new(), "/forward-auth", &headers).await;

        assert_eq!(answer.status, 302, "{case}: {}", answer.text);
        assert_eq!(answer.header("location"), format!("http://localhost:8080/login{next}"), "{case}");
    }
}

#[actix_web::test]
async fn a_script_is_not_redirected() {
    let app = TestApp::on_sqlite().await;
    for header in [("accept", "application/json"), ("x-forwarded-method", "POST"), ("sec-fetch-mode", "cors")]
    {
        let headers = [&FROM_THE_FRONTEND[..], &[header]].concat();

        let answer = app.ask_as_gateway(&mut Visitor::new(), "/forward-auth", &headers).await;

        assert_eq!(answer.status_and_code(), (401, "missing_token".into()), "{header:?}");
        assert_eq!(identity(&answer), ("anonymous", NO_USER), "{header:?}");
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
        assert_eq!(identity(&answer), ("unknown", NO_USER), "{path}");
    }
}

/// What an application's own clients send, and a staging site in front of it.
const OWN_AUTHORIZATIONS: [&str; 5] =
    ["Bearer app-token", "bearer  a.b.c", "Basic YTpi", "Bearer", "AWS4-HMAC-SHA256 Credential=x"];

#[actix_web::test]
async fn a_cookie_decides_whatever_the_authorization() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let signed_out = app.sign_out(app.signed_in("eve@example.com").await).await;

        for path in ["/auth-request", "/forward-auth"] {
            for own in OWN_AUTHORIZATIONS {
                let headers = [("authorization", own), SCRIPT];
                let signed_in = app.ask_as_gateway(&mut ada, path, &headers).await;
                let refused = app.ask_as_gateway(&mut signed_out.clone(), path, &headers).await;

                assert_eq!(signed_in.status, 200, "{path} {own}: {}", signed_in.text);
                assert_eq!(identity(&signed_in).0, "signed-in", "{path} {own}");
                assert_eq!(refused.status_and_code(), (401, "session_revoked".into()), "{path} {own}");
            }
        }
    }
}

#[actix_web::test]
async fn an_application_s_own_token_is_no_session() {
    let app = TestApp::on_sqlite().await;
    for own in OWN_AUTHORIZATIONS {
        let headers = [("authorization", own), SCRIPT];
        let page = [("authorization", own), ("accept", "text/html")];

        let nginx = app.ask_as_gateway(&mut Visitor::new(), "/auth-request", &headers).await;
        let script = app.ask_as_gateway(&mut Visitor::new(), "/forward-auth", &headers).await;
        let browser = app.ask_as_gateway(&mut Visitor::new(), "/forward-auth", &page).await;

        for (case, status, answer) in [("nginx", 401, nginx), ("script", 401, script), ("page", 302, browser)]
        {
            assert_eq!(answer.status, status, "{case} {own}: {}", answer.text);
            assert_eq!(identity(&answer), ("anonymous", NO_USER), "{case} {own}");
        }
    }
}

#[actix_web::test]
async fn a_bearer_token_counts_without_a_cookie() {
    for app in TestApp::on_both().await {
        let ada = app.signed_in("ada@example.com").await;
        let token = ada.cookie("token").unwrap();
        let [two_spaces, other_scheme] = [format!("Bearer  {token}"), format!("Token {token}")];

        for path in ["/auth-request", "/forward-auth"] {
            let bearer = [("authorization", two_spaces.as_str()), SCRIPT];
            let accepted = app.ask_as_gateway(&mut Visitor::new(), path, &bearer).await;
            let other = [("authorization", other_scheme.as_str()), SCRIPT];
            let ignored = app.ask_as_gateway(&mut Visitor::new(), path, &other).await;

            assert_eq!(accepted.status, 200, "{path}: {}", accepted.text);
            assert_eq!(ignored.status_and_code(), (401, "missing_token".into()), "{path}");
        }
    }
}
