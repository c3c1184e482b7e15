//! Hostile and broken input is answered with a 4xx and its code: no 5xx, no panic, no stack trace.

use std::io::{Read, Write};

use reqwest::{Method, header::HeaderValue};
use tests::{Answer, Deployment, Layout, PASSWORD, Visitor, credentials};

/// Fails unless the response is a complete error document.
#[track_caller]
pub(crate) fn assert_problem(answer: &Answer, status: u16, code: &str, case: &str) {
    assert_eq!(answer.status_and_code(), (status, code.to_owned()), "{case}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{case}");
    let body = answer.json();
    assert_eq!(body["status"], status, "{case}");
    assert_eq!(body["success"], false, "{case}");
    assert_eq!(body["request_id"], answer.header("x-request-id"), "{case}");
    for member in ["type", "title", "detail", "message"] {
        let is_text = body[member].as_str().is_some_and(|text| !text.is_empty());
        assert!(is_text, "{case}: {member} is missing");
    }
}

/// A request body and the error that it gets.
struct BodyCase {
    case: &'static str,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
}

impl BodyCase {
    fn new(case: &'static str, body: impl Into<Vec<u8>>, status: u16, code: &'static str) -> Self {
        Self { case, body: body.into(), status, code }
    }

    fn malformed(case: &'static str, body: &[u8]) -> Self {
        Self::new(case, body, 400, "malformed_json")
    }

    fn invalid(case: &'static str, body: &str) -> Self {
        Self::new(case, body, 422, "invalid_body")
    }

    fn email(case: &'static str, email: &str) -> Self {
        Self::new(case, credentials(email, PASSWORD).to_string(), 422, "invalid_email")
    }
}

fn body_cases() -> Vec<BodyCase> {
    let long_password = credentials("a@example.com", &"x".repeat(5000)).to_string();
    vec![
        BodyCase::malformed("no body", b""),
        BodyCase::malformed("no JSON", b"email=a"),
        BodyCase::malformed("half of the JSON", b"{\"email\": \"a"),
        BodyCase::malformed("invalid UTF-8", b"{\"email\": \"a\xff@example.com\", \"password\": \"x\"}"),
        BodyCase::invalid("deep nesting", &"[".repeat(15_000)),
        BodyCase::invalid("an array", r#"["a@example.com", "12345678"]"#),
        BodyCase::invalid("a wrong type", r#"{"email": 1, "password": "x"}"#),
        BodyCase::invalid("a missing field", r#"{"email": "a@example.com"}"#),
        BodyCase::invalid(
            "an unknown field",
            r#"{"email": "a@example.com", "password": "12345678", "roles": ["admin"]}"#,
        ),
        BodyCase::invalid("a duplicate field", r#"{"email": "a@b.c", "email": "d@e.f", "password": "x"}"#),
        BodyCase::new("10 MB", vec![b' '; 10_000_000], 413, "payload_too_large"),
        BodyCase::new("a 5,000-byte password", long_password, 422, "password_too_long"),
        BodyCase::email("a newline in the address", "a\n@example.com"),
        BodyCase::email("a newline after the address", "a@example.com\n"),
        BodyCase::email("a mail header in the address", "a@example.com\r\nBcc: b@c.d"),
        BodyCase::email("an address without a domain", "a"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_body_is_refused_with_its_code() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let cases = body_cases();

        for service in [&deployment.auth, &deployment.frontend] {
            for path in ["/api/register", "/api/login"] {
                for BodyCase { case, body, status, code } in &cases {
                    let mut visitor = Visitor::new();
                    let request = visitor.request(Method::POST, &format!("{service}{path}"));
                    let request = request.header("content-type", "application/json").body(body.clone());
                    let answer = visitor.send(request).await;

                    assert_problem(&answer, *status, code, &format!("{case} at {service}{path}"));
                }
            }
        }
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_path_or_media_type_is_refused() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let url = format!("{}/api/register", deployment.auth);
        let mut visitor = Visitor::new();

        let short = visitor.post_json(&url, &credentials("a@example.com", "1234567")).await;
        let form = visitor
            .request(Method::POST, &url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("email=a&password=b");
        let form = visitor.send(form).await;
        let get = visitor.get(&url).await;
        let unknown = visitor.get(&format!("{}/api/nothing", deployment.auth)).await;

        assert_problem(&short, 422, "password_too_short", "a short password");
        assert_problem(&form, 415, "unsupported_media_type", "a form");
        assert_problem(&get, 405, "method_not_allowed", "GET");
        assert_eq!(get.header("allow"), "POST");
        assert_problem(&unknown, 404, "not_found", "an unknown path");
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_of_a_password_counts() {
    let deployment = Deployment::builder().one_process().start();
    let long = "a lantern of tulips, a cello of rain; ".repeat(27);

    for (case, right, wrong) in [
        ("1024-bytes", long[..1024].to_owned(), format!("{}y", &long[..1023])),
        ("73-bytes", long[..73].to_owned(), long[..72].to_owned()),
        ("nul-byte", "a lantern\0of tulips".to_owned(), "a lantern\0of rain".to_owned()),
    ] {
        let email = format!("{case}@example.com");
        let mut visitor = Visitor::new();
        let register = format!("{}/api/register", deployment.auth);
        let answer = visitor.post_json(&register, &credentials(&email, &right)).await;
        assert_eq!(answer.status, 201, "{case}: {}", answer.text);

        assert_eq!(visitor.log_in(&deployment.auth, &email, &wrong).await.status, 401, "{case}");
        assert_eq!(visitor.log_in(&deployment.auth, &email, &right).await.status, 200, "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cookies_pass_only_if_exactly_one_is_valid() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let ada = deployment.signed_in("ada").await;
        let eve = deployment.signed_in("eve").await;
        let adas = ada.cookie("token").unwrap();
        let eves = eve.cookie("token").unwrap();

        for url in
            [format!("{}/api/verify", deployment.verify), format!("{}/api/refresh", deployment.frontend)]
        {
            let send = async |cookies: String| {
                let mut visitor = Visitor::new();
                let request = visitor.request(Method::POST, &url).header("cookie", cookies);
                visitor.send(request).await
            };

            send(format!("token=planted; token={adas}")).await.assert_status(200);
            send(format!("token={adas}; token=planted")).await.assert_status(200);
            send(format!("token={adas}; token={adas}")).await.assert_status(200);
            let both = send(format!("token={adas}; token={eves}")).await;
            assert_problem(&both, 403, "invalid_token", "two valid cookies");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_any_size_and_number_cause_no_5xx() {
    let deployment = Deployment::builder().one_process().start();
    let many: Vec<String> = (0..5000).map(|n| format!("token={n}")).collect();

    for (case, cookies) in [
        ("no text", [b"token=".as_slice(), &vec![0xff; 44_000]].concat()),
        ("a long cookie", [b"token=".as_slice(), "x".repeat(100_000).as_bytes()].concat()),
        ("many cookies", many.join("; ").into_bytes()),
        ("a tab", b"token=a\tb".to_vec()),
    ] {
        for (path, status) in [("/private", 302), ("/api/me", 403)] {
            let mut visitor = Visitor::new();
            let request = visitor.request(Method::GET, &format!("{}{path}", deployment.frontend));
            let request = request.header("cookie", HeaderValue::from_bytes(&cookies).unwrap());
            let answer = visitor.send(request).await;

            assert_eq!(answer.status, status, "{case} at {path}: {}", answer.text);
        }
    }
    deployment.assert_no_panic();
}

/// Sends bytes and returns the head of the response in lower case.
fn send_raw(url: &str, request: &[u8]) -> String {
    let address = url.strip_prefix("http://").unwrap().replace("localhost", "127.0.0.1");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "no response: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&answer).to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unexpected_body_is_refused_and_ends_the_connection() {
    let deployment = Deployment::builder().one_process().start();

    for (service, case, status) in [
        (&deployment.frontend, "POST /api/logout", "413"),
        (&deployment.frontend, "GET /private", "302"),
        (&deployment.auth, "POST /api/refresh", "413"),
        (&deployment.verify, "POST /api/verify", "413"),
        (&deployment.verify, "POST /nowhere", "404"),
    ] {
        let head = format!("{case} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
        // The rest of the body never arrives.
        let request = [head.as_bytes(), b"8000\r\n", "x".repeat(0x8000).as_bytes(), b"\r\n"].concat();
        let service = service.clone();
        let answer = tokio::task::spawn_blocking(move || send_raw(&service, &request)).await.unwrap();

        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{case}: {answer}");
        assert!(answer.contains("connection: close"), "{case}: {answer}");
    }
    deployment.assert_no_panic();
}
