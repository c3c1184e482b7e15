//! Every known way to forge a token fails.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Deployment, Layout, Visitor};

use crate::bad_input::assert_problem;

/// A valid token in its parts.
struct Token<'a> {
    /// Header, claims and signature as they are encoded.
    parts: [&'a str; 3],
    header: Value,
    claims: Value,
}

impl<'a> Token<'a> {
    fn parse(token: &'a str) -> Self {
        let parts: Vec<&str> = token.split('.').collect();
        let decode =
            |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
        Self { parts: [parts[0], parts[1], parts[2]], header: decode(parts[0]), claims: decode(parts[1]) }
    }

    fn header_with(&self, member: &str, value: impl Into<Value>) -> Value {
        let mut header = self.header.clone();
        header[member] = value.into();
        header
    }

    fn claims_with(&self, member: &str, value: impl Into<Value>) -> Value {
        let mut claims = self.claims.clone();
        claims[member] = value.into();
        claims
    }

    /// The token with another header.
    fn with_header(&self, header: &Value) -> String {
        format!("{}.{}.{}", encode(header), self.parts[1], self.parts[2])
    }

    /// The token with other claims.
    fn with_claims(&self, claims: &Value) -> String {
        format!("{}.{}.{}", self.parts[0], encode(claims), self.parts[2])
    }

    /// The token as HS256, with a secret that an attacker knows.
    fn with_hs256(&self, secret: &[u8]) -> String {
        let signed = format!("{}.{}", encode(&self.header_with("alg", "HS256")), self.parts[1]);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// The token with another header, signed with this key.
    fn signed_by(&self, key: &Ed25519KeyPair, header: &Value) -> String {
        let signed = format!("{}.{}", encode(header), self.parts[1]);
        let signature = key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn new_key() -> Ed25519KeyPair {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap()
}

/// Forgeries of a valid token, with a name for each.
fn forgeries(valid: &str, public_key: &str) -> Vec<(&'static str, String)> {
    let token = Token::parse(valid);
    let [header, claims, _] = token.parts;
    let unsigned = token.header_with("alg", "none");
    let key = new_key();
    let jwk = json!({
        "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(key.public_key().as_ref()),
    });
    vec![
        ("alg none", format!("{}.{claims}.", encode(&unsigned))),
        ("alg none with a signature", token.with_header(&unsigned)),
        ("HS256 with the public key as text", token.with_hs256(public_key.as_bytes())),
        (
            "HS256 with the bytes of the public key",
            token.with_hs256(&URL_SAFE_NO_PAD.decode(public_key).unwrap()),
        ),
        ("a foreign kid", token.signed_by(&key, &token.header_with("kid", "foreign"))),
        ("our kid, a foreign key", token.signed_by(&key, &token.header)),
        ("a key in the header", token.signed_by(&key, &token.header_with("jwk", jwk))),
        ("another algorithm", token.with_header(&token.header_with("alg", "ES256"))),
        ("no kid", token.with_header(&json!({"alg": "EdDSA", "typ": token.header["typ"]}))),
        ("another typ", token.with_header(&token.header_with("typ", "JWT"))),
        ("another user", token.with_claims(&token.claims_with("sub", token.claims["sid"].clone()))),
        ("a later expiry", token.with_claims(&token.claims_with("exp", 4_102_444_800_i64))),
        ("two parts", format!("{header}.{claims}")),
        ("one part", "token".to_owned()),
        ("only dots", "..".to_owned()),
        ("100 kB", "a".repeat(100_000)),
    ]
}

/// Fails if a forged token is accepted in the header, in the cookie, by the guard or by renewal.
async fn assert_refused(deployment: &Deployment, case: &str, token: &str) {
    let verify = format!("{}/api/verify", deployment.verify);
    let mut forger = Visitor::new();
    let request = forger.request(Method::POST, &verify).bearer_auth(token);
    let answer = forger.send(request).await;
    assert_problem(&answer, 403, "invalid_token", case);
    assert_eq!(answer.json()["authenticated"], false, "{case}");
    // A longer cookie is too large for a request.
    if token.len() >= 8_000 {
        return;
    }

    forger.set_cookie("token", token);
    let as_cookie = forger.post(&verify).await;
    let page = forger.get(&format!("{}/private", deployment.frontend)).await;
    let renewed = forger.post(&format!("{}/api/refresh", deployment.auth)).await;

    assert_problem(&as_cookie, 403, "invalid_token", &format!("{case}, as a cookie"));
    assert_eq!(page.status, 302, "{case}");
    assert_problem(&renewed, 403, "invalid_token", &format!("{case}, renewed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_are_invalid() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let mut ada = deployment.signed_in("ada").await;
        let valid = ada.cookie("token").unwrap().to_owned();
        let keys = Visitor::new().get(&format!("{}/.well-known/jwks.json", deployment.auth)).await.json();

        for (case, token) in forgeries(&valid, keys["keys"][0]["x"].as_str().unwrap()) {
            assert_refused(&deployment, case, &token).await;
        }

        let url = format!("{}/api/verify", deployment.verify);
        assert_eq!(ada.post(&url).await.status, 200, "the valid token is still accepted");
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bearer_token_that_is_no_text_is_invalid() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let mut forger = Visitor::new();
        let bytes = reqwest::header::HeaderValue::from_bytes(b"Bearer \xff\xfe").unwrap();
        let url = format!("{}/api/verify", deployment.verify);

        let request = forger.request(Method::POST, &url).header("authorization", bytes);
        let answer = forger.send(request).await;

        assert_problem(&answer, 403, "invalid_token", "bytes that are no text");
        deployment.assert_no_panic();
    }
}
