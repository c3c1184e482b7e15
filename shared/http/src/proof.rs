//! Proofs, version 2: how a frontend proves its identity to auth-service, and that it sent exactly this request.
//!
//! A request carries the header [`PROXY_IDENTITY`] with
//! `v2.<key id>.<unix seconds>.<nonce>.<tag>.<client address, or - if it is not known>`.
//! The tag is the HMAC-SHA-256 of `canonical_form` in base64url without padding. The HMAC key is the whole text of
//! the frontend's key. `tests/vectors/proof-v2.json` contains examples.

use std::{net::IpAddr, str::FromStr};

use actix_web::{dev::ServiceRequest, http::Method};
use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::frontend_key::{FrontendKey, KeyId};
use reqwest::{Request, header::HeaderValue};

use crate::proxy_identity::PROXY_IDENTITY;

/// The first part of every proof of this version.
const VERSION: &str = "v2";

/// How far the clocks of a frontend and of auth-service may differ.
pub const PROOF_TOLERANCE: TimeDelta = TimeDelta::seconds(30);

/// The length of a nonce, in bytes.
pub const NONCE_BYTES: usize = 16;

/// Random bytes that make every proof different, so that each is accepted only once.
pub type Nonce = [u8; NONCE_BYTES];

/// The prefix of the names of all headers that a proof covers.
const COVERED_HEADERS: &str = "x-drawbridge-";

/// What a proof contains instead of a client address if the frontend does not know it.
const NO_CLIENT: &str = "-";

/// The parts of a request that a proof covers.
#[derive(Debug, Clone)]
pub struct ProvenRequest<'a> {
    method: &'a str,
    target: String,
    body: &'a [u8],
    headers: Vec<(&'a str, &'a [u8])>,
}

impl<'a> ProvenRequest<'a> {
    /// A request with this method, this path and query as sent, this body and these headers. Headers are ignored unless
    /// their names begin with `x-drawbridge-`, and so is the proof itself.
    pub fn new(
        method: &'a str,
        target: impl Into<String>,
        body: &'a [u8],
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let is_covered = |name: &str| name.starts_with(COVERED_HEADERS) && name != PROXY_IDENTITY;
        let headers = headers.into_iter().filter(|(name, _)| is_covered(name));
        let headers = headers.map(|(name, value)| (name, value.trim_ascii())).collect();
        Self { method, target: target.into(), body, headers }
    }

    /// A request that was received with this body.
    pub fn received(request: &'a ServiceRequest, body: &'a [u8]) -> Self {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Self::new(request.method().as_str(), target, body, headers)
    }

    /// A request that is about to be sent. Its body must be in memory.
    fn outgoing(request: &'a Request) -> Self {
        let url = request.url();
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Self::new(request.method().as_str(), format!("{}{query}", url.path()), body, headers)
    }
}

/// The parts of a proof that precede the tag, and the client address, as text.
#[derive(Debug, Clone, Copy)]
struct Statement<'a> {
    key_id: &'a str,
    seconds: &'a str,
    nonce: &'a str,
    client: &'a str,
}

/// What the tag authenticates: lines separated by line feeds, with no line feed at the end.
///
/// The lines are the version, the key ID, the seconds, the nonce, the method, the path with the query, the SHA-256
/// digest of the body in base64url, the client address, and `name:value` for each covered header, sorted by their bytes.
fn canonical_form(statement: Statement, request: &ProvenRequest) -> Vec<u8> {
    let body = URL_SAFE_NO_PAD.encode(digest(&SHA256, request.body));
    let Statement { key_id, seconds, nonce, client } = statement;
    let fixed = [VERSION, key_id, seconds, nonce, request.method, &request.target, &body, client];
    let mut headers: Vec<_> =
        request.headers.iter().map(|(name, value)| [name.as_bytes(), b":", value].concat()).collect();
    headers.sort_unstable();
    let lines: Vec<_> =
        fixed.iter().map(|line| line.as_bytes()).chain(headers.iter().map(Vec::as_slice)).collect();
    lines.join(b"\n".as_slice())
}

/// Makes proofs with a frontend's key.
#[derive(Debug, Clone)]
pub struct Prover {
    key_id: KeyId,
    key: hmac::Key,
}

impl Prover {
    /// A prover with this key.
    pub fn new(key: &FrontendKey) -> Self {
        Self { key_id: key.id().clone(), key: key.hmac_key() }
    }

    /// Returns the value of the header that proves `request`, which is sent at `now` for a client with this address.
    pub fn prove(
        &self,
        request: &ProvenRequest,
        now: DateTime<Utc>,
        nonce: Nonce,
        client: Option<IpAddr>,
    ) -> String {
        let seconds = now.timestamp().to_string();
        let nonce = URL_SAFE_NO_PAD.encode(nonce);
        let client = client.map_or_else(|| NO_CLIENT.to_owned(), |client| client.to_string());
        let key_id = self.key_id.as_str();
        let statement = Statement { key_id, seconds: &seconds, nonce: &nonce, client: &client };
        let tag = hmac::sign(&self.key, &canonical_form(statement, request));
        let tag = URL_SAFE_NO_PAD.encode(tag);
        format!("{VERSION}.{key_id}.{seconds}.{nonce}.{tag}.{client}")
    }

    /// Adds a proof to a request that is otherwise complete and whose body is in memory.
    pub fn sign(&self, request: &mut Request, now: DateTime<Utc>, nonce: Nonce, client: Option<IpAddr>) {
        let proof = self.prove(&ProvenRequest::outgoing(request), now, nonce, client);
        // A proof consists of visible ASCII characters.
        if let Ok(value) = HeaderValue::from_str(&proof) {
            request.headers_mut().insert(PROXY_IDENTITY, value);
        }
    }
}

/// Why a proof is not valid. The message says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProof {
    /// The header does not have the format of a proof.
    #[error(
        "The header x-drawbridge-proxy must be v2.<key id>.<unix seconds>.<nonce>.<tag>.<client address or ->, with a \
         nonce of 16 bytes in base64url."
    )]
    Malformed,
    /// The time of the proof differs too much from the current time.
    #[error(
        "The proof was made {0} s from the time of auth-service, and at most 30 s are accepted. Synchronize the clocks, \
         and make a proof for every request just before you send it."
    )]
    WrongTime(u64),
    /// The tag does not match this request and key.
    #[error(
        "The tag does not match this request. Sign the method, the path and query as sent, the body, the client address \
         and all other x-drawbridge- headers with the whole key, and let no proxy change them on the way."
    )]
    WrongTag,
}

/// A proof as received. Nothing in it is authentic until [`Proof::check`] has succeeded.
#[derive(Debug, Clone)]
pub struct Proof<'a> {
    statement: Statement<'a>,
    key_id: KeyId,
    seconds: i64,
    nonce: Nonce,
    tag: Vec<u8>,
    client: Option<IpAddr>,
}

/// What a valid proof says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedProof {
    /// The nonce. The caller must refuse it if it arrives again.
    pub nonce: Nonce,
    /// How long the nonce must be stored: long enough even if the clocks of the replicas differ.
    pub nonce_expires_at: DateTime<Utc>,
    /// The address of the client on whose behalf the request was sent, if the frontend knows it.
    pub client: Option<IpAddr>,
}

impl<'a> Proof<'a> {
    /// Parses a header value.
    ///
    /// # Errors
    /// The value does not have the format of a proof.
    pub fn parse(text: &'a str) -> Result<Self, InvalidProof> {
        Self::split(text).ok_or(InvalidProof::Malformed)
    }

    fn split(text: &'a str) -> Option<Self> {
        // The address comes last because it can contain dots.
        let mut parts = text.splitn(6, '.');
        parts.next().filter(|version| *version == VERSION)?;
        let key_id = parts.next()?;
        let seconds = parts.next()?;
        let nonce = parts.next()?;
        let tag = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let client = parts.next()?;
        Some(Self {
            statement: Statement { key_id, seconds, nonce, client },
            key_id: KeyId::parse(key_id)?,
            seconds: seconds.parse().ok()?,
            nonce: URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?,
            tag,
            client: if client == NO_CLIENT { None } else { Some(IpAddr::from_str(client).ok()?) },
        })
    }

    /// The ID of the key with which the proof claims to have been made.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// Checks that a holder of `key` made the proof for this request within the last 30 seconds. If the request can
    /// change something, the caller must also refuse a nonce that was used before.
    ///
    /// # Errors
    /// The proof was made too long ago, for another request, or with another key.
    pub fn check(
        &self,
        key: &FrontendKey,
        request: &ProvenRequest,
        now: DateTime<Utc>,
    ) -> Result<CheckedProof, InvalidProof> {
        // In constant time.
        hmac::verify(&key.hmac_key(), &canonical_form(self.statement, request), &self.tag)
            .map_err(|_| InvalidProof::WrongTag)?;
        let apart = self.seconds.abs_diff(now.timestamp());
        if apart > PROOF_TOLERANCE.num_seconds().unsigned_abs() {
            return Err(InvalidProof::WrongTime(apart));
        }
        let made_at = DateTime::from_timestamp(self.seconds, 0).ok_or(InvalidProof::Malformed)?;
        let nonce_expires_at = made_at + PROOF_TOLERANCE * 2;
        Ok(CheckedProof { nonce: self.nonce, nonce_expires_at, client: self.client })
    }
}

/// Returns true if a header value is a proof of the first version ([`crate::proxy_identity`]).
pub fn is_first_version(text: &str) -> bool {
    text == "v1" || text.starts_with("v1.")
}

/// Returns true if a request with this method may change something, so that its nonce is accepted only once.
pub fn is_accepted_once(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
