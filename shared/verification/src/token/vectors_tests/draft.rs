use serde_json::{Map, Value, json};

use super::signer::Signer;
use crate::token::{ACCESS_TOKEN_TYPE, SESSION_TOKEN_TYPE};

pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const ISSUER: &str = "https://app.example.com";
pub(super) const PREVIOUS_ISSUER: &str = "https://old.example.com";
/// The deployment's audience.
pub(super) const OWN_AUDIENCE: &str = "https://app.example.com";
/// The audience of access tokens.
pub(super) const ORDERS: &str = "orders";
/// A frontend with an audience of its own.
pub(super) const SHOP: &str = "https://shop.example.com";
pub(super) const USER: &str = "01990000-0000-7000-8000-000000000001";
pub(super) const SESSION: &str = "01990000-0000-7000-8000-000000000002";

/// A token that is not signed yet.
#[derive(Clone)]
pub(super) struct Draft {
    /// The header, without what the key determines.
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Draft {
    /// A session token of the deployment.
    pub(super) fn session() -> Self {
        let claims = json!({
            "iss": ISSUER,
            "aud": OWN_AUDIENCE,
            "sub": USER,
            "sid": SESSION,
            "iat": NOW - 60,
            "exp": NOW + 600,
        });
        Self { header: object(json!({"typ": SESSION_TOKEN_TYPE})), claims: object(claims) }
    }

    /// An access token for [`ORDERS`].
    pub(super) fn access() -> Self {
        Self::session()
            .header("typ", ACCESS_TOKEN_TYPE)
            .claim("aud", ORDERS)
            .claim("client_id", "shop")
            .claim("jti", "01990000-0000-7000-8000-000000000003")
    }

    /// Sets a member of the header.
    pub(super) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.into(), value.into());
        self
    }

    /// Removes a member of the header, which may be one that the key determines.
    pub(super) fn without_header(self, name: &str) -> Self {
        self.header(name, Value::Null)
    }

    /// Sets a claim.
    pub(super) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Removes a claim.
    pub(super) fn without_claim(mut self, name: &str) -> Self {
        self.claims.shift_remove(name);
        self
    }

    /// The claims, as JSON.
    pub(super) fn payload(&self) -> Vec<u8> {
        serde_json::to_vec(&self.claims).unwrap()
    }

    /// The header of the token that `signer` signs, as JSON. Members of the draft replace those of the key.
    pub(super) fn header_of(&self, signer: &Signer) -> String {
        let mut header = object(signer.header());
        header.extend(self.header.clone());
        header.retain(|_, value| !value.is_null());
        serde_json::to_string(&header).unwrap()
    }

    /// The token.
    pub(super) fn signed(&self, signer: &Signer) -> String {
        signer.token(&self.header_of(signer), &self.payload())
    }

    /// The token with as many additional characters as give it exactly this length.
    pub(super) fn signed_with_length(&self, signer: &Signer, length: usize) -> String {
        // Three characters become four in base64, so only some lengths of each part are possible.
        let tokens =
            (0..3).flat_map(|in_header| (length / 2..length).map(move |in_claims| (in_header, in_claims)));
        let mut tokens = tokens.map(|(in_header, in_claims)| {
            let draft = self.clone().header("filler", "x".repeat(in_header));
            draft.claim("filler", "x".repeat(in_claims)).signed(signer)
        });
        tokens.find(|token| token.len() == length).unwrap()
    }
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("{value} is no object") };
    object
}
