//! Programs that answer in place of auth-service count as an outage, whatever they say.

use tests::{PASSWORD, Visitor};

use crate::helpers::{start_frontend, start_impostor};

/// Starts web-frontend where another program answers in place of auth-service, and returns its URL.
fn start_with_impostor(status: u16, body: &'static str) -> String {
    let verify = start_impostor(403, "{\"code\": \"missing_token\"}");
    start_frontend(&start_impostor(status, body), &verify, &[])
}

#[actix_web::test]
async fn an_unexpected_answer_signs_nobody_in() {
    let cases = [
        ("gateway error", 502, "{\"message\": \"bad gateway\"}"),
        ("refusal without a code", 401, "{}"),
        ("success without JSON", 200, "no JSON"),
        ("success without a token", 200, "{}"),
    ];

    for (case, status, body) in cases {
        let frontend = start_with_impostor(status, body);
        let mut visitor = Visitor::new();
        let csrf = visitor.csrf(&format!("{frontend}/login")).await;
        let fields = [("csrf", csrf.as_str()), ("email", "ada@example.com"), ("password", PASSWORD)];

        let answer = visitor.post_form(&format!("{frontend}/login"), &fields).await;

        assert_eq!((answer.status, answer.header("retry-after")), (503, "2"), "{case}");
        assert_eq!(visitor.cookie("token"), None, "{case}");
    }
}

#[actix_web::test]
async fn an_unexpected_answer_is_not_a_refusal() {
    for (status, body) in [(502, "{\"message\": \"bad gateway\"}"), (401, "{}")] {
        let frontend = start_with_impostor(status, body);
        let mut visitor = Visitor::new();
        let csrf = visitor.csrf(&format!("{frontend}/login")).await;

        let logout = visitor.post_form(&format!("{frontend}/logout"), &[("csrf", &csrf)]).await;
        let api = visitor.get(&format!("{frontend}/api/me")).await;

        assert_eq!(logout.status, 503, "{status} {body}");
        assert_eq!(api.status_and_code(), (503, "unavailable".into()), "{status} {body}");
    }
}

#[actix_web::test]
async fn an_unexpected_answer_is_no_verification() {
    let cases = [
        ("gateway error", 502, "{\"message\": \"bad gateway\"}"),
        ("refusal without a code", 403, "{}"),
        ("success without data", 200, "{\"success\": true}"),
        ("page", 200, "<!doctype html>"),
        ("redirect", 302, "{\"data\": {}}"),
    ];

    for (case, status, body) in cases {
        let auth = start_impostor(502, "{}");
        let frontend = start_frontend(&auth, &start_impostor(status, body), &[]);

        let answer = Visitor::new().post(&format!("{frontend}/api/verify")).await;

        assert_eq!(answer.status_and_code(), (503, "unavailable".into()), "{case}");
        assert!(!answer.header("retry-after").is_empty(), "{case}");
    }
}

#[actix_web::test]
async fn an_unexpected_answer_is_not_published() {
    let cases = [
        ("gateway error", 502, "{\"issuer\": \"https://evil.example\", \"keys\": []}"),
        ("page", 200, "<!doctype html>"),
        ("other JSON", 200, "{\"message\": \"hello\"}"),
    ];

    for (case, status, body) in cases {
        let frontend = start_with_impostor(status, body);

        for path in ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
            let answer = Visitor::new().get(&format!("{frontend}{path}")).await;
            assert_eq!(answer.status_and_code(), (503, "unavailable".into()), "{case}: {path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{case}: {path}");
        }
    }
}
