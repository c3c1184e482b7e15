use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The user is present and was verified (`WebAuthn`, 6.1).
const USER_VERIFIED: u8 = 0b101;

/// The data contain the public key.
const WITH_KEY: u8 = 0b100_0000;

/// A passkey without a device or a browser (`WebAuthn`, ES256, no attestation). Its user was verified each time.
#[derive(Debug)]
pub struct SoftwarePasskey {
    key: EcdsaKeyPair,
    id: [u8; 16],
    /// The origin of the page that uses it.
    origin: String,
    /// The user handle, once the passkey is registered.
    user: Value,
}

impl SoftwarePasskey {
    /// A passkey that is used by pages of `origin`.
    pub fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let mut id = [0; 16];
        aws_lc_rs::rand::fill(&mut id).unwrap();
        Self { key, id, origin: origin.to_owned(), user: Value::Null }
    }

    /// The answer to the challenge in `data` of `/api/passkeys/begin`: `ceremony` and `credential`.
    pub fn register(&mut self, data: &Value) -> Value {
        let options = &data["options"]["publicKey"];
        self.user = options["user"]["id"].clone();
        let client_data = self.client_data("webauthn.create", options);
        let mut authenticator_data = authenticator_data(&options["rp"]["id"], USER_VERIFIED | WITH_KEY);
        authenticator_data.extend([0; 16]);
        authenticator_data.extend([0, 16]);
        authenticator_data.extend(self.id);
        authenticator_data.extend(self.public_key());
        // A CBOR map of the format, no statement and the data, whose length takes one byte.
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(authenticator_data.len()).unwrap());
        attestation.extend(authenticator_data);
        self.answer(
            data,
            &json!({"clientDataJSON": encode(client_data), "attestationObject": encode(attestation)}),
        )
    }

    /// The answer to the challenge in `data` of `/api/login/passkey/begin` or `/api/confirm/passkey/begin`.
    pub fn sign(&self, data: &Value) -> Value {
        let options = &data["options"]["publicKey"];
        let client_data = self.client_data("webauthn.get", options);
        let authenticator_data = authenticator_data(&options["rpId"], USER_VERIFIED);
        let hash = digest(&SHA256, client_data.as_bytes());
        let signed = [&authenticator_data, hash.as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        let response = json!({
            "clientDataJSON": encode(client_data), "authenticatorData": encode(authenticator_data),
            "signature": encode(signature), "userHandle": self.user,
        });
        self.answer(data, &response)
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false})
            .to_string()
    }

    /// The public key as a CBOR map: an elliptic curve key for ES256 on P-256 (RFC 9053, 7.1.1).
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..]);
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", x, b"\x22\x58\x20", y].concat()
    }

    fn answer(&self, data: &Value, response: &Value) -> Value {
        let id = encode(self.id);
        let credential = json!({
            "id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {},
        });
        json!({"ceremony": data["ceremony"], "credential": credential})
    }
}

/// The hash of the relying party's ID, the flags and a counter that never counts.
fn authenticator_data(relying_party: &Value, flags: u8) -> Vec<u8> {
    let hash = digest(&SHA256, relying_party.as_str().unwrap().as_bytes());
    [hash.as_ref(), &[flags], &[0; 4]].concat()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
