use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        Ed25519KeyPair, KeyPair,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use serde_json::{Value, json};

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A private key that anyone can compute, so it protects nothing.
pub(super) struct Signer {
    /// The public key, as it is published.
    pub(super) jwk: Value,
    /// The bytes of the public key.
    pub(super) public: Vec<u8>,
    sign: Sign,
}

impl Signer {
    /// The Ed25519 key whose seed consists of this byte.
    pub(super) fn ed25519(byte: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[byte; 32]).unwrap();
        let public = pair.public_key().as_ref().to_vec();
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(&public)});
        Self::new(jwk, "EdDSA", public, Box::new(move |text| pair.sign(text).as_ref().to_vec()))
    }

    /// The P-256 key whose private number consists of this byte. Its signatures are random.
    pub(super) fn p256(byte: u8) -> Self {
        Self::p256_with_form(byte, &ECDSA_P256_SHA256_FIXED_SIGNING)
    }

    /// The same key, whose signatures have the form of certificates (DER).
    pub(super) fn p256_der(byte: u8) -> Self {
        Self::p256_with_form(byte, &ECDSA_P256_SHA256_ASN1_SIGNING)
    }

    fn p256_with_form(byte: u8, form: &'static EcdsaSigningAlgorithm) -> Self {
        let private = [byte; 32];
        let public =
            PrivateKey::from_private_key(&ECDH_P256, &private).unwrap().compute_public_key().unwrap();
        let public = public.as_ref().to_vec();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(form, &private, &public).unwrap();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&public[1..33]), URL_SAFE_NO_PAD.encode(&public[33..]));
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        let sign = move |text: &[u8]| pair.sign(&SystemRandom::new(), text).unwrap().as_ref().to_vec();
        Self::new(jwk, "ES256", public, Box::new(sign))
    }

    fn new(mut jwk: Value, alg: &str, public: Vec<u8>, sign: Sign) -> Self {
        let key: Jwk = serde_json::from_value(jwk.clone()).unwrap();
        jwk["kid"] = json!(key.thumbprint(ThumbprintHash::SHA256).unwrap());
        jwk["alg"] = json!(alg);
        jwk["use"] = json!("sig");
        Self { jwk, public, sign }
    }

    /// The algorithm and the ID in the header of this key's tokens.
    pub(super) fn header(&self) -> Value {
        json!({"alg": self.jwk["alg"], "kid": self.jwk["kid"]})
    }

    /// The token with this header and payload, as text.
    pub(super) fn token(&self, header: &str, payload: &[u8]) -> String {
        self.complete(&format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload)))
    }

    /// The token that begins with this text.
    pub(super) fn complete(&self, input: &str) -> String {
        format!("{input}.{}", URL_SAFE_NO_PAD.encode((self.sign)(input.as_bytes())))
    }
}
