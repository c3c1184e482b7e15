use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use super::*;
use drawbridge_core::random::Random;

const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn parties() -> TokenParties {
    TokenParties { issuer: "https://app.example.com".into(), audience: "https://app.example.com".into() }
}

/// A key pair: what signs, and its public half as it is published.
fn key(kid: &str) -> (EncodingKey, Jwk) {
    let private = Ed25519KeyPair::generate_pkcs8v1(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
    let public = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap();
    let x = URL_SAFE_NO_PAD.encode(public.public_key());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x});
    (EncodingKey::from_ed_der(private.as_ref()), serde_json::from_value(jwk).unwrap())
}

fn header() -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TOKEN_TYPE.into());
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

#[test]
fn a_token_of_ours_is_read_and_ends_to_the_second() {
    let (private, public) = key("ours");
    let keys = KeySet::new(JwkSet { keys: vec![public] }, &parties());
    let claims = claims();
    let token = encode(&header(), &claims, &private).unwrap();
    assert!(token.len() < 700, "{} bytes: a cookie of ours stays small", token.len());
    for (seconds, expired) in [(NOW, false), (NOW + 59, false), (NOW + 60, true), (NOW + 61, true)] {
        let signed = keys.check(&token).unwrap();
        assert_eq!((signed.user, signed.session), (claims.sub, claims.sid));
        assert_eq!(signed.has_expired(at(seconds)), expired);
    }
}

#[test]
fn what_our_key_signed_for_another_purpose_is_refused() {
    let (private, public) = key("ours");
    let keys = KeySet::new(JwkSet { keys: vec![public] }, &parties());
    let signed = |header: &Header, claims: &serde_json::Value| encode(header, claims, &private).unwrap();
    let with = |name: &str, value: serde_json::Value| {
        let mut changed = serde_json::to_value(claims()).unwrap();
        changed[name] = value;
        changed
    };
    let without = |name: &str| {
        let mut changed = serde_json::to_value(claims()).unwrap();
        changed.as_object_mut().unwrap().remove(name);
        changed
    };
    assert!(keys.check(&signed(&header(), &with("more", json!(1)))).is_ok(), "the control");
    for changed in [
        with("iss", json!("https://evil.example")),
        with("aud", json!("https://evil.example")),
        with("sub", json!("root")),
        with("sid", json!(7)),
        with("exp", json!("never")),
        without("iss"),
        without("aud"),
        without("sub"),
        without("sid"),
        without("exp"),
    ] {
        assert_eq!(keys.check(&signed(&header(), &changed)), Err(TokenFault::Invalid), "{changed}");
    }
    let good = serde_json::to_value(claims()).unwrap();
    for change in [
        |header: &mut Header| header.typ = Some("JWT".into()),
        |header: &mut Header| header.typ = None,
        |header: &mut Header| header.kid = None,
        |header: &mut Header| header.crit = Some(vec!["b64".into()]),
    ] {
        let mut header = header();
        change(&mut header);
        assert_eq!(keys.check(&signed(&header, &good)), Err(TokenFault::Invalid), "{header:?}");
    }
}

#[test]
fn a_key_that_is_not_in_the_set_and_one_of_another_kind_check_nothing() {
    let (private, public) = key("ours");
    let token = encode(&header(), &claims(), &private).unwrap();
    let (_, other) = key("another");
    let keys = KeySet::new(JwkSet { keys: vec![other] }, &parties());
    assert_eq!(keys.check(&token), Err(TokenFault::UnknownKey));

    let (_, same_name) = key("ours");
    let keys = KeySet::new(JwkSet { keys: vec![same_name] }, &parties());
    assert_eq!(keys.check(&token), Err(TokenFault::Invalid));

    let mut unnamed = public.clone();
    unnamed.common.key_algorithm = None;
    assert!(KeySet::new(JwkSet { keys: vec![unnamed] }, &parties()).is_empty(), "a key brings its algorithm");
    let shared_secret = json!({"kty": "oct", "alg": "HS256", "kid": "ours", "k": "c2VjcmV0"});
    let shared_secret: Jwk = serde_json::from_value(shared_secret).unwrap();
    assert!(KeySet::new(JwkSet { keys: vec![shared_secret] }, &parties()).is_empty());
}

#[test]
fn a_text_of_any_length_is_refused_in_bounded_time() {
    let keys = KeySet::new(JwkSet { keys: vec![key("ours").1] }, &parties());
    for text in ["", ".", "..", "a.b.c", &"a".repeat(TOKEN_MAX_BYTES + 1), &"..".repeat(1_000_000)] {
        assert_eq!(keys.check(text), Err(TokenFault::Invalid));
    }
}
