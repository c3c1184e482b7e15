use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use drawbridge_core::{
    id::{SessionId, UserId},
    random::Random,
};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;
use crate::token::{ACCESS_TOKEN_TYPE, AccessClaims, SESSION_TOKEN_TYPE};

const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn parties() -> TokenParties {
    TokenParties::for_origin("https://app.example.com")
}

struct TestKey {
    private: EncodingKey,
    public: Jwk,
}

impl TestKey {
    fn generate(kid: &str) -> Self {
        let private = Ed25519KeyPair::generate_pkcs8v1(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
        let public = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap();
        let x = URL_SAFE_NO_PAD.encode(public.public_key());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x});
        Self {
            private: EncodingKey::from_ed_der(private.as_ref()),
            public: serde_json::from_value(jwk).unwrap(),
        }
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.private).unwrap()
    }
}

fn key_set(jwk: Jwk) -> KeySet {
    KeySet::new(JwkSet { keys: vec![jwk] }, &parties())
}

fn header() -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(SESSION_TOKEN_TYPE.into());
    header.kid = Some("ours".into());
    header
}

fn claims() -> Claims {
    Claims {
        iss: parties().issuer,
        aud: parties().audience,
        sub: UserId::generate(Random, at(NOW)),
        sid: SessionId::generate(Random, at(NOW)),
        iat: NOW,
        exp: NOW + 60,
    }
}

fn claims_json() -> Value {
    serde_json::to_value(claims()).unwrap()
}

#[test]
fn a_valid_token_names_its_user_and_session() {
    let key = TestKey::generate("ours");
    let claims = claims();
    let token = key.sign(&header(), &serde_json::to_value(&claims).unwrap());

    let signed = key_set(key.public).check(&token).unwrap();

    assert_eq!(signed.user, claims.sub);
    assert_eq!(signed.session, claims.sid);
    assert!(token.len() < 700, "{} bytes: the cookie must stay small", token.len());
}

#[test]
fn a_token_expires_to_the_second() {
    let key = TestKey::generate("ours");
    let token = key.sign(&header(), &claims_json());
    let signed = key_set(key.public).check(&token).unwrap();

    for (seconds, has_expired) in [(NOW, false), (NOW + 59, false), (NOW + 60, true), (NOW + 61, true)] {
        assert_eq!(signed.has_expired(at(seconds)), has_expired, "at {seconds}");
    }
}

#[test]
fn additional_claims_are_ignored() {
    let key = TestKey::generate("ours");
    let mut claims = claims_json();
    claims["more"] = json!(1);
    let token = key.sign(&header(), &claims);

    assert!(key_set(key.public).check(&token).is_ok());
}

#[test]
fn an_access_token_needs_no_more_claims_than_a_session() {
    let key = TestKey::generate("ours");
    let claims = claims();
    let access_claims = AccessClaims { common: &claims, client_id: "shop", jti: "1" };
    let header = Header { typ: Some(ACCESS_TOKEN_TYPE.into()), ..header() };
    let with_all = key.sign(&header, &serde_json::to_value(access_claims).unwrap());
    let from_before = key.sign(&header, &serde_json::to_value(&claims).unwrap());
    let keys = key_set(key.public);

    assert_eq!(keys.check(&with_all), keys.check(&from_before));
    assert!(keys.check(&with_all).is_ok());
}

#[test]
fn a_token_with_wrong_claims_is_refused() {
    let key = TestKey::generate("ours");
    let keys = key_set(key.public.clone());
    for (claim, wrong) in [
        ("iss", Some(json!("https://evil.example"))),
        ("aud", Some(json!(["https://app.example.com"]))),
        ("sub", Some(json!("root"))),
        ("sid", Some(json!(7))),
        ("exp", Some(json!("never"))),
        ("iss", None),
        ("aud", None),
        ("sub", None),
        ("sid", None),
        ("exp", None),
    ] {
        let mut claims = claims_json();
        match &wrong {
            Some(wrong) => claims[claim] = wrong.clone(),
            None => drop(claims.as_object_mut().unwrap().remove(claim)),
        }

        let checked = keys.check(&key.sign(&header(), &claims));

        assert_eq!(checked, Err(TokenFault::Invalid), "{claim}: {wrong:?}");
    }
}

#[test]
fn a_token_of_an_earlier_issuer_is_accepted_if_it_is_listed() {
    let key = TestKey::generate("ours");
    let mut claims = claims_json();
    claims["iss"] = json!("https://old.example.com");
    let token = key.sign(&header(), &claims);
    let listed = TokenParties { previous_issuers: vec!["https://old.example.com".into()], ..parties() };
    let with_listed = KeySet::new(JwkSet { keys: vec![key.public.clone()] }, &listed);

    assert!(with_listed.check(&token).is_ok());
    assert_eq!(key_set(key.public).check(&token), Err(TokenFault::Invalid));
}

#[test]
fn a_token_says_what_it_is_for() {
    let key = TestKey::generate("ours");
    let keys = key_set(key.public.clone());
    let other = "https://api.example.com";
    for (case, typ, audience, expected) in [
        ("session", SESSION_TOKEN_TYPE, parties().audience.as_str(), TokenPurpose::Session),
        ("session of the old form", ACCESS_TOKEN_TYPE, &parties().audience, TokenPurpose::Session),
        ("session elsewhere", SESSION_TOKEN_TYPE, other, TokenPurpose::SessionAt(other.into())),
        ("access token", ACCESS_TOKEN_TYPE, other, TokenPurpose::Access(other.into())),
    ] {
        let mut claims = claims_json();
        claims["aud"] = json!(audience);
        let token = key.sign(&Header { typ: Some(typ.into()), ..header() }, &claims);

        assert_eq!(keys.check(&token).unwrap().purpose, expected, "{case}");
    }
}

#[test]
fn a_token_with_a_wrong_header_is_refused() {
    let key = TestKey::generate("ours");
    let keys = key_set(key.public.clone());
    for (case, header) in [
        ("another type", Header { typ: Some("JWT".into()), ..header() }),
        ("no type", Header { typ: None, ..header() }),
        ("no key ID", Header { kid: None, ..header() }),
        ("a critical extension", Header { crit: Some(vec!["b64".into()]), ..header() }),
    ] {
        let checked = keys.check(&key.sign(&header, &claims_json()));

        assert_eq!(checked, Err(TokenFault::Invalid), "{case}");
    }
}

#[test]
fn a_token_of_another_key_is_refused() {
    let token = TestKey::generate("ours").sign(&header(), &claims_json());
    let other_id = key_set(TestKey::generate("another").public);
    let same_id = key_set(TestKey::generate("ours").public);

    assert_eq!(other_id.check(&token), Err(TokenFault::UnknownKey));
    assert_eq!(same_id.check(&token), Err(TokenFault::Invalid));
}

#[test]
fn keys_without_a_supported_algorithm_are_skipped() {
    let mut unnamed = TestKey::generate("ours").public;
    unnamed.common.key_algorithm = None;
    let shared_secret = json!({"kty": "oct", "alg": "HS256", "kid": "ours", "k": "c2VjcmV0"});
    let shared_secret: Jwk = serde_json::from_value(shared_secret).unwrap();

    assert!(key_set(unnamed).is_empty(), "no algorithm");
    assert!(key_set(shared_secret).is_empty(), "HS256");
}

#[test]
fn text_of_any_length_is_refused_in_bounded_time() {
    let keys = key_set(TestKey::generate("ours").public);
    for text in ["", ".", "..", "a.b.c", &"a".repeat(TOKEN_MAX_BYTES + 1), &"..".repeat(1_000_000)] {
        assert_eq!(keys.check(text), Err(TokenFault::Invalid), "{} bytes", text.len());
    }
}
