use aws_lc_rs::hmac;
use base64::{
    Engine,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD},
};
use drawbridge_core::TOKEN_MAX_BYTES;
use serde_json::{Value, json};

use super::{
    Case,
    draft::{Draft, ISSUER, NOW, ORDERS, OWN_AUDIENCE, PREVIOUS_ISSUER, SESSION, SHOP, USER},
    signer::Signer,
};
use crate::token::ACCESS_TOKEN_TYPE;

/// The keys that sign the examples.
pub(super) struct Keys {
    ed25519: Signer,
    p256: Signer,
    p256_der: Signer,
    /// A key that is not published.
    foreign: Signer,
}

impl Keys {
    pub(super) fn fixed() -> Self {
        Self {
            ed25519: Signer::ed25519(1),
            p256: Signer::p256(2),
            p256_der: Signer::p256_der(2),
            foreign: Signer::ed25519(3),
        }
    }

    /// The published keys.
    pub(super) fn published(&self) -> Value {
        json!({"keys": [self.ed25519.jwk, self.p256.jwk]})
    }
}

/// Every example.
pub(super) fn all(keys: &Keys) -> Vec<Case> {
    [
        valid(keys),
        wrong_purposes(keys),
        wrong_claims(keys),
        wrong_times(keys),
        wrong_headers(keys),
        wrong_algorithms(keys),
        wrong_signatures(keys),
        wrong_payloads(keys),
        wrong_forms(keys),
    ]
    .concat()
}

/// What a verifier of session tokens accepts.
fn sessions() -> Value {
    json!({})
}

/// What a verifier of access tokens accepts.
fn access_to(audience: &str) -> Value {
    json!({"audience": audience})
}

/// What a verifier of the sessions of a frontend accepts.
fn sessions_at(audience: &str) -> Value {
    json!({"session_audience": audience})
}

fn accepted(name: &str, accepts: Value, token: String) -> Case {
    Case { name: name.into(), accepts, token, expected: json!({"user": USER, "session": SESSION}) }
}

fn refused(name: &str, accepts: Value, token: String) -> Case {
    Case { name: name.into(), accepts, token, expected: json!({"code": "invalid_token"}) }
}

/// A session token that is invalid.
fn invalid(name: &str, token: impl Into<String>) -> Case {
    refused(name, sessions(), token.into())
}

fn expired(name: &str, token: String) -> Case {
    Case { name: name.into(), accepts: sessions(), token, expected: json!({"code": "expired_token"}) }
}

fn valid(keys: &Keys) -> Vec<Case> {
    let Keys { ed25519, p256, .. } = keys;
    let (session, access) = (Draft::session(), Draft::access());
    let old_access = access.clone().without_claim("client_id").without_claim("jti");
    let of_shop = session.clone().claim("aud", SHOP);
    let previous = session.clone().claim("iss", PREVIOUS_ISSUER);
    let old_session = session.clone().header("typ", ACCESS_TOKEN_TYPE);
    let additional = session.clone().claim("more", json!({"a": [1]})).header("more", json!([true]));
    vec![
        accepted("a session token (EdDSA)", sessions(), session.signed(ed25519)),
        accepted("a session token (ES256)", sessions(), session.signed(p256)),
        accepted("an access token (EdDSA)", access_to(ORDERS), access.signed(ed25519)),
        accepted("an access token (ES256)", access_to(ORDERS), access.signed(p256)),
        accepted(
            "an access token from before client_id and jti",
            access_to(ORDERS),
            old_access.signed(ed25519),
        ),
        accepted(
            "a session token of a frontend with its own audience",
            sessions_at(SHOP),
            of_shop.signed(ed25519),
        ),
        accepted(
            "a session token where the own audience is the deployment's",
            sessions_at(OWN_AUDIENCE),
            session.signed(ed25519),
        ),
        accepted("a session token of a previous issuer", sessions(), previous.signed(ed25519)),
        accepted("a session token from before it had its own type", sessions(), old_session.signed(ed25519)),
        accepted("additional claims and members of the header", sessions(), additional.signed(ed25519)),
        accepted(
            "a token of the greatest length",
            sessions(),
            session.signed_with_length(ed25519, TOKEN_MAX_BYTES),
        ),
    ]
}

fn wrong_purposes(keys: &Keys) -> Vec<Case> {
    let sign = |draft: Draft| draft.signed(&keys.ed25519);
    let (session, access) = (Draft::session, Draft::access);
    let typed = |typ: &str| sign(session().header("typ", typ));
    let own_access = || sign(session().header("typ", ACCESS_TOKEN_TYPE));
    vec![
        refused("an access token instead of a session token", sessions(), sign(access())),
        refused("a session token instead of an access token", access_to(ORDERS), sign(session())),
        refused(
            "a session token with the audience of access tokens",
            access_to(ORDERS),
            sign(session().claim("aud", ORDERS)),
        ),
        refused("an access token for another audience", access_to("mail"), sign(access())),
        refused("an access token for the deployment", access_to(OWN_AUDIENCE), own_access()),
        refused(
            "a session token of the deployment instead of a frontend's own",
            sessions_at(SHOP),
            sign(session()),
        ),
        refused("a session token of another frontend", sessions(), sign(session().claim("aud", SHOP))),
        refused(
            "an access token instead of a frontend's own session token",
            sessions_at(SHOP),
            sign(access().claim("aud", SHOP)),
        ),
        invalid("the type JWT", typed("JWT")),
        invalid("the type of access tokens in capitals", sign(session().header("typ", "AT+JWT"))),
        invalid("the type as a media type", typed("application/drawbridge-session+jwt")),
        invalid("an empty type", typed("")),
        invalid("no type", sign(session().without_header("typ"))),
    ]
}

fn wrong_claims(keys: &Keys) -> Vec<Case> {
    let session = Draft::session;
    let with = |name: &str, value: Value| session().claim(name, value).signed(&keys.ed25519);
    let mut cases = vec![
        invalid("another issuer", with("iss", json!("https://evil.example.com"))),
        invalid("an issuer that only begins like ours", with("iss", json!(format!("{ISSUER}.evil.example")))),
        invalid("an issuer with a slash at the end", with("iss", json!(format!("{ISSUER}/")))),
        invalid("several issuers", with("iss", json!([ISSUER]))),
        invalid("another audience", with("aud", json!("mail"))),
        invalid("a list of audiences", with("aud", json!([OWN_AUDIENCE]))),
        invalid("a user that is no text", with("sub", json!(1))),
        invalid("a session that is no text", with("sid", json!(1))),
        invalid("an empty list as session", with("sid", json!([]))),
    ];
    cases.extend(
        ["iss", "aud", "sub", "sid", "iat", "exp"].map(|claim| {
            invalid(&format!("no {claim}"), session().without_claim(claim).signed(&keys.ed25519))
        }),
    );
    cases
}

fn wrong_times(keys: &Keys) -> Vec<Case> {
    let sign = |draft: Draft| draft.signed(&keys.ed25519);
    let until = |exp: Value| sign(Draft::session().claim("exp", exp));
    let elsewhere = Draft::session().claim("exp", NOW - 1).claim("aud", "mail");
    vec![
        accepted("one second before the expiry", sessions(), until(json!(NOW + 1))),
        expired("at the expiry", until(json!(NOW))),
        expired("long after the expiry", until(json!(1))),
        invalid("an expired token for another audience", sign(elsewhere)),
        invalid("an expiry as text", until(json!((NOW + 600).to_string()))),
        invalid("an expiry with a fraction", until(json!(1_800_000_600.5))),
        invalid("an expiry that is null", until(Value::Null)),
        invalid("a time of issue as text", sign(Draft::session().claim("iat", "now"))),
    ]
}

fn wrong_headers(keys: &Keys) -> Vec<Case> {
    let session = Draft::session;
    let with = |name: &str, value: Value| session().header(name, value).signed(&keys.ed25519);
    let key = &keys.ed25519;
    let payload = session().payload();
    let own_key = session().header("jwk", keys.foreign.jwk.clone());
    vec![
        invalid("an unknown key ID", with("kid", json!("unknown"))),
        invalid("an empty key ID", with("kid", json!(""))),
        invalid("a key ID that is no text", with("kid", json!(7))),
        invalid("the ID of the other key", with("kid", keys.p256.jwk["kid"].clone())),
        invalid("no key ID", session().without_header("kid").signed(key)),
        invalid("a key that is not published", session().signed(&keys.foreign)),
        invalid(
            "a key that is not published, under the ID of one that is",
            session().header("kid", key.jwk["kid"].clone()).signed(&keys.foreign),
        ),
        invalid("a key in the header", own_key.signed(&keys.foreign)),
        invalid(
            "a key in the header, under the ID of one that is published",
            own_key.header("kid", key.jwk["kid"].clone()).signed(&keys.foreign),
        ),
        invalid(
            "a critical extension",
            session().header("crit", json!(["b64"])).header("b64", true).signed(key),
        ),
        invalid("an empty list of critical extensions", with("crit", json!([]))),
        invalid("a header that is no object", key.token("[]", &payload)),
        invalid("a header that is no JSON", key.token("header", &payload)),
        invalid("a deeply nested header", key.token(&"[".repeat(1200), &payload)),
    ]
}

fn wrong_algorithms(keys: &Keys) -> Vec<Case> {
    let with = |alg: &str, signer: &Signer| Draft::session().header("alg", alg).signed(signer);
    let hmac = |secret: &[u8]| {
        let unsigned = with("HS256", &keys.ed25519);
        let (input, _) = unsigned.rsplit_once('.').unwrap();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let unsigned = with("none", &keys.ed25519);
    let (input, _) = unsigned.rsplit_once('.').unwrap();
    let p256_id = keys.p256.jwk["kid"].clone();
    let es256_for_ed25519 =
        Draft::session().header("kid", keys.ed25519.jwk["kid"].clone()).signed(&keys.p256);
    vec![
        invalid("the algorithm none without a signature", format!("{input}.")),
        invalid("the algorithm none with a valid signature", unsigned.as_str()),
        invalid("HS256 with the public key as the secret", hmac(&keys.ed25519.public)),
        invalid("HS256 with the published key as the secret", hmac(keys.ed25519.jwk.to_string().as_bytes())),
        invalid("ES256 with the Ed25519 key", with("ES256", &keys.ed25519)),
        invalid("EdDSA with the P-256 key", with("EdDSA", &keys.p256)),
        invalid("ES256 under the ID of the Ed25519 key", es256_for_ed25519),
        invalid(
            "EdDSA under the ID of the P-256 key",
            Draft::session().header("kid", p256_id).signed(&keys.ed25519),
        ),
        invalid("the other name of EdDSA", with("Ed25519", &keys.ed25519)),
        invalid("the algorithm in lower case", with("eddsa", &keys.ed25519)),
        invalid("no algorithm", Draft::session().without_header("alg").signed(&keys.ed25519)),
    ]
}

fn wrong_signatures(keys: &Keys) -> Vec<Case> {
    let token = Draft::session().signed(&keys.ed25519);
    let (input, text) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(text).unwrap();
    let with = |signature: &[u8]| format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
    let flipped = |position: usize| {
        let mut signature = signature.clone();
        signature[position] ^= 1;
        with(&signature)
    };
    let other = Draft::session().claim("sub", "01990000-0000-7000-8000-000000000009");
    let forged = other.signed(&keys.foreign);
    let (forged_input, _) = forged.rsplit_once('.').unwrap();
    let own_header = other.header_of(&keys.ed25519);
    let changed = keys.ed25519.token(&own_header, &other.payload());
    let (changed_input, _) = changed.rsplit_once('.').unwrap();
    let p256_token = Draft::session().signed(&keys.p256);
    let (p256_input, _) = p256_token.rsplit_once('.').unwrap();
    vec![
        invalid("the first bit of the signature changed", flipped(0)),
        invalid("the last byte of the signature changed", flipped(63)),
        invalid("a signature that lacks its last byte", with(&signature[..63])),
        invalid("a signature with another byte", with(&[signature.as_slice(), &[0]].concat())),
        invalid("an empty signature", format!("{input}.")),
        invalid("the signature of another token", format!("{forged_input}.{text}")),
        invalid("another user under the same signature", format!("{changed_input}.{text}")),
        invalid("an ES256 signature in DER", Draft::session().signed(&keys.p256_der)),
        invalid("an ES256 signature of zeros", format!("{p256_input}.{}", URL_SAFE_NO_PAD.encode([0; 64]))),
    ]
}

fn wrong_payloads(keys: &Keys) -> Vec<Case> {
    let header = Draft::session().header_of(&keys.ed25519);
    let with = |payload: &[u8]| keys.ed25519.token(&header, payload);
    let valid = Draft::session().payload();
    vec![
        invalid("an empty payload", with(b"")),
        invalid("a payload that is no JSON", with(b"payload")),
        invalid("a payload that is a list", with(&[b"[", valid.as_slice(), b"]"].concat())),
        invalid("a payload with text after the object", with(&[valid.as_slice(), b"{}"].concat())),
    ]
}

fn wrong_forms(keys: &Keys) -> Vec<Case> {
    let token = Draft::session().signed(&keys.ed25519);
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = input.split_once('.').unwrap();
    let (half, other_half) = signature.split_at(43);
    let padded_payload = URL_SAFE.encode(Draft::session().claim("name", "Ada").payload());
    assert!(padded_payload.ends_with('='));
    let too_long = Draft::session().signed_with_length(&keys.ed25519, TOKEN_MAX_BYTES + 1);
    vec![
        invalid("one part", header),
        invalid("two parts", input),
        invalid("four parts", format!("{token}.{signature}")),
        invalid("a dot at the end", format!("{token}.")),
        invalid("a dot at the beginning", format!(".{token}")),
        invalid("an empty part", format!("{header}..{signature}")),
        invalid("dots only", ".."),
        invalid("text that is no token", "token"),
        invalid("text outside of ASCII", "ü.ü.ü"),
        invalid("padding at the end", format!("{token}==")),
        invalid("padding in the payload", keys.ed25519.complete(&format!("{header}.{padded_payload}"))),
        invalid("a space at the end", format!("{token} ")),
        invalid("a line end at the end", format!("{token}\n")),
        invalid("a space at the beginning", format!(" {token}")),
        invalid("a line end inside", format!("{input}.{half}\n{other_half}")),
        invalid("bits after the signature's last byte", last_bit_changed(&token)),
        invalid("the characters of ordinary base64", keys.ed25519.complete(&ordinary_base64(header))),
        invalid("a token that is one character too long", too_long),
    ]
}

/// The same token with one of the four bits set that the last character has left over. They encode nothing.
fn last_bit_changed(token: &str) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let last = bytes.last_mut().unwrap();
    assert!(b"AQgw".contains(last), "all four bits are zero");
    *last += 1;
    String::from_utf8(bytes).unwrap()
}

/// A valid header and payload that contain `+` and `/` instead of `-` and `_`.
fn ordinary_base64(header: &str) -> String {
    let payload = Draft::session().claim("name", "<<???>>").payload();
    let url_safe = URL_SAFE_NO_PAD.encode(payload);
    let ordinary = url_safe.replace('-', "+").replace('_', "/");
    assert_ne!(ordinary, url_safe);
    format!("{header}.{ordinary}")
}
