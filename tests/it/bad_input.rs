//! Hostile and broken input gets a clear 4xx with its code: no 5xx, no panic, no stack trace.

use std::io::{Read, Write};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, PASSWORD, Stack, Visitor};

fn assert_problem(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(answer.status_and_code(), (status, code.to_owned()), "{what}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    let body = answer.json();
    assert_eq!(body["status"], status, "{what}");
    assert_eq!(body["success"], false, "{what}");
    assert_eq!(body["request_id"], answer.header("x-request-id"), "{what}");
    for member in ["type", "title", "detail", "message"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{what}: {member} is missing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_cannot_be_taken_are_named() {
    for stack in Stack::both() {
        let credentials =
            |email: &str, password: &str| json!({"email": email, "password": password}).to_string();
        let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
            ("nothing", vec![], 400, "malformed_json"),
            ("no JSON", b"email=a".to_vec(), 400, "malformed_json"),
            ("half JSON", b"{\"email\": \"a".to_vec(), 400, "malformed_json"),
            (
                "invalid UTF-8",
                b"{\"email\": \"a\xff@example.com\", \"password\": \"x\"}".to_vec(),
                400,
                "malformed_json",
            ),
            ("deep nesting", "[".repeat(15_000).into_bytes(), 422, "invalid_body"),
            ("an array", b"[\"a@example.com\", \"12345678\"]".to_vec(), 422, "invalid_body"),
            ("a wrong type", b"{\"email\": 1, \"password\": \"x\"}".to_vec(), 422, "invalid_body"),
            ("a missing field", b"{\"email\": \"a@example.com\"}".to_vec(), 422, "invalid_body"),
            (
                "an unknown field",
                b"{\"email\": \"a@example.com\", \"password\": \"12345678\", \"roles\": [\"admin\"]}"
                    .to_vec(),
                422,
                "invalid_body",
            ),
            (
                "a field twice",
                b"{\"email\": \"a@b.c\", \"email\": \"d@e.f\", \"password\": \"x\"}".to_vec(),
                422,
                "invalid_body",
            ),
            ("10 MB", vec![b' '; 10_000_000], 413, "payload_too_large"),
            (
                "a 5,000-byte password",
                credentials("a@example.com", &"x".repeat(5000)).into(),
                422,
                "password_too_long",
            ),
            (
                "an e-mail with a newline",
                credentials("a\n@example.com", PASSWORD).into(),
                422,
                "invalid_email",
            ),
            (
                "a newline after an e-mail",
                credentials("a@example.com\n", PASSWORD).into(),
                422,
                "invalid_email",
            ),
            (
                "a header in an e-mail",
                credentials("a@example.com\r\nBcc: b@c.d", PASSWORD).into(),
                422,
                "invalid_email",
            ),
            ("an e-mail without a domain", credentials("a", PASSWORD).into(), 422, "invalid_email"),
        ];
        for service in [&stack.auth, &stack.frontend] {
            for path in ["/api/register", "/api/login"] {
                for (what, body, status, code) in &cases {
                    let mut visitor = Visitor::new();
                    let request = visitor.request(Method::POST, &format!("{service}{path}"));
                    let request = request.header("content-type", "application/json").body(body.clone());
                    assert_problem(
                        &visitor.send(request).await,
                        *status,
                        code,
                        &format!("{what} at {service}{path}"),
                    );
                }
            }
        }
        let mut visitor = Visitor::new();
        let url = format!("{}/api/register", stack.auth);
        let short = visitor.post_json(&url, &json!({"email": "a@example.com", "password": "1234567"})).await;
        assert_problem(&short, 422, "password_too_short", "a short password");
        let form =
            visitor.request(Method::POST, &url).header("content-type", "application/x-www-form-urlencoded");
        let form = visitor.send(form.body("email=a&password=b")).await;
        assert_problem(&form, 415, "unsupported_media_type", "a form");
        let get = visitor.get(&url).await;
        assert_problem(&get, 405, "method_not_allowed", "GET");
        assert_eq!(get.header("allow"), "POST");
        assert_problem(
            &visitor.get(&format!("{}/api/nothing", stack.auth)).await,
            404,
            "not_found",
            "an unknown path",
        );
        stack.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_passwords_and_those_with_a_nul_byte_count_whole() {
    let stack = Stack::one_process();
    let long = "a lantern of tulips, a cello of rain; ".repeat(27);
    for (name, right, wrong) in [
        ("long", long[..1024].to_owned(), format!("{}y", &long[..1023])),
        ("bcrypt", long[..73].to_owned(), long[..72].to_owned()),
        ("nul", "a lantern\0of tulips".to_owned(), "a lantern\0of rain".to_owned()),
    ] {
        let email = format!("{name}@example.com");
        let mut visitor = Visitor::new();
        let body = |password: &str| json!({"email": email, "password": password});
        assert_eq!(
            visitor.post_json(&format!("{}/api/register", stack.auth), &body(&right)).await.status,
            201
        );
        let login = format!("{}/api/login", stack.auth);
        assert_eq!(visitor.post_json(&login, &body(&wrong)).await.status, 401, "{name}");
        assert_eq!(visitor.post_json(&login, &body(&right)).await.status, 200, "{name}");
    }
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Every way that we know to make a token that is not ours look like it.
fn forgeries(good: &str, public_key: &str) -> Vec<(&'static str, String)> {
    let parts: Vec<&str> = good.split('.').collect();
    let decoded =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let (header, claims) = (decoded(parts[0]), decoded(parts[1]));

    let with = |value: &Value, member: &str, new: Value| {
        let mut value = value.clone();
        value[member] = new;
        value
    };
    let hs256 = |secret: &[u8]| {
        let signed = format!("{}.{}", encoded(&with(&header, "alg", json!("HS256"))), parts[1]);
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
        let tag = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let foreign =
        Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap().as_ref())
            .unwrap();
    let signed_by_foreigner = |header: &Value, claims: &Value| {
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let signature = foreign.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    let embedded =
        json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(foreign.public_key().as_ref())});
    vec![
        ("alg none", format!("{}.{}.", encoded(&with(&header, "alg", json!("none"))), parts[1])),
        (
            "alg none with a signature",
            format!("{}.{}.{}", encoded(&with(&header, "alg", json!("none"))), parts[1], parts[2]),
        ),
        ("HS256 with the public key as text", hs256(public_key.as_bytes())),
        ("HS256 with the public key's bytes", hs256(&URL_SAFE_NO_PAD.decode(public_key).unwrap())),
        ("a foreign kid", signed_by_foreigner(&with(&header, "kid", json!("somebody-elses")), &claims)),
        ("our kid, a foreign key", signed_by_foreigner(&header, &claims)),
        ("a key in the header", signed_by_foreigner(&with(&header, "jwk", embedded), &claims)),
        (
            "another algorithm",
            format!("{}.{}.{}", encoded(&with(&header, "alg", json!("ES256"))), parts[1], parts[2]),
        ),
        (
            "no kid",
            format!("{}.{}.{}", encoded(&json!({"alg": "EdDSA", "typ": "at+jwt"})), parts[1], parts[2]),
        ),
        (
            "another typ",
            format!("{}.{}.{}", encoded(&with(&header, "typ", json!("JWT"))), parts[1], parts[2]),
        ),
        (
            "another user",
            format!("{}.{}.{}", parts[0], encoded(&with(&claims, "sub", claims["sid"].clone())), parts[2]),
        ),
        (
            "a longer life",
            format!("{}.{}.{}", parts[0], encoded(&with(&claims, "exp", json!(4_102_444_800_i64))), parts[2]),
        ),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("no parts", "token".to_owned()),
        ("dots", "..".to_owned()),
        ("100 kB", "a".repeat(100_000)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_are_invalid_whatever_they_claim() {
    for stack in Stack::both() {
        let ada = stack.signed_in("ada").await;
        let good = ada.cookie("token").unwrap().to_owned();
        let keys = Visitor::new().get(&format!("{}/.well-known/jwks.json", stack.auth)).await.json();
        let forged = forgeries(&good, keys["keys"][0]["x"].as_str().unwrap());
        let url = format!("{}/api/verify", stack.verify);
        for (what, token) in &forged {
            let mut forger = Visitor::new();
            let request = forger.request(Method::POST, &url).bearer_auth(token);
            let answer = forger.send(request).await;
            assert_problem(&answer, 403, "invalid_token", what);
            assert_eq!(answer.json()["authenticated"], false);
            if token.len() < 8_000 {
                forger.set_cookie("token", token);
                assert_problem(
                    &forger.post(&url).await,
                    403,
                    "invalid_token",
                    &format!("{what}, as a cookie"),
                );
                assert_eq!(forger.get(&format!("{}/private", stack.frontend)).await.status, 302, "{what}");
                assert_problem(
                    &forger.post(&format!("{}/api/refresh", stack.auth)).await,
                    403,
                    "invalid_token",
                    what,
                );
            }
        }
        let mut forger = Visitor::new();
        let bytes = reqwest::header::HeaderValue::from_bytes(b"Bearer \xff\xfe").unwrap();
        let request = forger.request(Method::POST, &url).header("authorization", bytes);
        assert_problem(&forger.send(request).await, 403, "invalid_token", "bytes that are no text");
        assert_eq!(ada.clone().post(&url).await.status, 200, "the good one is still good");
        stack.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_cookies_the_request_passes_only_if_exactly_one_is_good() {
    for stack in Stack::both() {
        let (ada, eve) = (stack.signed_in("ada").await, stack.signed_in("eve").await);
        let (adas, eves) = (ada.cookie("token").unwrap(), eve.cookie("token").unwrap());
        for url in [format!("{}/api/verify", stack.verify), format!("{}/api/refresh", stack.frontend)] {
            let send = async |cookies: String| {
                let mut visitor = Visitor::new();
                let request = visitor.request(Method::POST, &url).header("cookie", cookies);
                visitor.send(request).await
            };
            assert_eq!(send(format!("token=planted; token={adas}")).await.status, 200);
            assert_eq!(send(format!("token={adas}; token=planted")).await.status, 200);
            assert_eq!(send(format!("token={adas}; token={adas}")).await.status, 200);
            let both = send(format!("token={adas}; token={eves}")).await;
            assert_problem(&both, 403, "invalid_token", "two good cookies");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_any_size_and_number_are_refused_without_a_5xx() {
    let stack = Stack::one_process();
    let many: Vec<String> = (0..5000).map(|n| format!("token={n}")).collect();
    for (what, cookies) in [
        ("no text", [b"token=".as_slice(), &vec![0xff; 44_000]].concat()),
        ("a long one", [b"token=".as_slice(), "x".repeat(100_000).as_bytes()].concat()),
        ("many", many.join("; ").into_bytes()),
        ("a tab", b"token=a\tb".to_vec()),
    ] {
        for url in [format!("{}/private", stack.frontend), format!("{}/api/me", stack.frontend)] {
            let mut visitor = Visitor::new();
            let value = reqwest::header::HeaderValue::from_bytes(&cookies).unwrap();
            let answer = visitor.send(visitor.request(Method::GET, &url).header("cookie", value)).await;
            let refused = if url.ends_with("/private") { 302 } else { 403 };
            assert_eq!(answer.status, refused, "{what} at {url}: {}", answer.text);
        }
    }
    stack.assert_no_panic();
}

/// The head of the first answer.
fn raw(url: &str, request: &[u8]) -> String {
    let address = url.strip_prefix("http://").unwrap().replace("localhost", "127.0.0.1");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "no answer: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&answer).to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_nobody_asked_for_is_refused_and_ends_the_connection() {
    let stack = Stack::one_process();
    for (service, line, status) in [
        (&stack.frontend, "POST /api/logout", "413"),
        (&stack.frontend, "GET /private", "302"),
        (&stack.auth, "POST /api/refresh", "413"),
        (&stack.verify, "POST /api/verify", "413"),
        (&stack.verify, "POST /nowhere", "404"),
    ] {
        let head = format!("{line} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
        // The body goes on after this, but does not come.
        let request = [head.as_bytes(), b"8000\r\n", "x".repeat(0x8000).as_bytes(), b"\r\n"].concat();
        let service = service.clone();
        let answer = tokio::task::spawn_blocking(move || raw(&service, &request)).await.unwrap();
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{line}: {answer}");
        assert!(answer.contains("connection: close"), "{line}: {answer}");
    }
    stack.assert_no_panic();
}
