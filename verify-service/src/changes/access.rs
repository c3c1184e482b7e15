//! Who may read the feed: the holder of a frontend's key.

use std::{
    collections::HashMap,
    future::pending,
    time::{Duration, Instant},
};

use actix_web::{HttpRequest, http::header::HeaderMap};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use drawbridge_core::{
    clock::SharedClock,
    frontend_key::{FrontendKey, KeyId},
};
use drawbridge_database::{Database, DatabaseUnavailable, find_frontend_key_hash};
use drawbridge_http::{
    REQUEST_ID, RequestId, forwarded,
    problem::{Code, Problem},
    proof::Proof,
    proxy_identity::PROXY_IDENTITY,
    replicas::{Replicas, Retry, Unreachable},
};
use serde::Deserialize;
use tokio::sync::{Mutex, Semaphore};

/// How long a key counts as valid without another look. It ends with the key within the revocation bound.
const KEY_CHECK_MAX_AGE: Duration = Duration::from_secs(1);

/// How many keys of new callers are looked up at the same time, so that made-up keys leave connections to the database
/// for verifications.
const CONCURRENT_KEY_CHECKS: usize = 2;

/// How long a new caller waits for its turn.
const KEY_CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// How many keys are remembered. There are few: at most three of each frontend.
const MAX_REMEMBERED_KEYS: usize = 1024;

const TRY_AGAIN: &str = "The access to the change feed cannot be checked right now. Try again shortly.";

/// Checks keys and proofs.
pub(crate) struct FeedAccess {
    database: Database,
    clock: SharedClock,
    /// `None` without `AUTH_SERVICE_URL`.
    auth_service: Option<Replicas>,
    key_checks: Semaphore,
    /// Locked during a look, so that followers with the same key share it.
    known: Mutex<HashMap<KeyId, KeyCheck>>,
}

#[derive(Clone, Copy)]
struct KeyCheck {
    at: Instant,
    is_valid: bool,
}

/// Someone who was allowed to read the feed.
#[derive(Debug)]
pub(crate) enum FeedReader {
    /// A registered frontend, as long as it has this key.
    Frontend(KeyId),
    /// web-frontend, whose keys are a setting of auth-service.
    WebFrontend,
}

/// What auth-service says about a proof.
#[derive(Deserialize)]
struct ProofAnswer {
    data: ProofOwner,
}

#[derive(Deserialize)]
struct ProofOwner {
    is_registered: bool,
}

/// Why auth-service refuses a proof.
#[derive(Deserialize)]
struct ProofRefusal {
    code: String,
    detail: String,
}

impl FeedAccess {
    pub(crate) fn new(database: Database, clock: SharedClock, auth_service: Option<Replicas>) -> Self {
        let key_checks = Semaphore::new(CONCURRENT_KEY_CHECKS);
        Self { database, clock, auth_service, key_checks, known: Mutex::default() }
    }

    /// Allows a request to read the feed.
    ///
    /// # Errors
    /// It has neither a valid key nor a valid proof, or that cannot be checked now.
    pub(crate) async fn allow(&self, request: &HttpRequest) -> Result<FeedReader, Problem> {
        let headers = request.headers();
        if let Some(proof) = single(headers, PROXY_IDENTITY)? {
            return self.check_proof(request, proof).await;
        }
        match single(headers, forwarded::KEY)? {
            Some(key) => self.check_key(key).await,
            None => Err(Problem::new(
                Code::ProofRequired,
                "Send the key of a registered frontend in x-drawbridge-key, or a proof in x-drawbridge-proxy.",
            )),
        }
    }

    /// Waits until the reader's key is no longer valid. An outage changes nothing: it stops the watermarks.
    pub(crate) async fn wait_for_end(&self, reader: &FeedReader) {
        let FeedReader::Frontend(id) = reader else { return pending().await };
        loop {
            tokio::time::sleep(KEY_CHECK_MAX_AGE).await;
            if !self.is_valid(id).await {
                return;
            }
        }
    }

    async fn is_valid(&self, id: &KeyId) -> bool {
        let mut known = self.known.lock().await;
        if let Some(check) = known.get(id).filter(|check| check.at.elapsed() < KEY_CHECK_MAX_AGE) {
            return check.is_valid;
        }
        let at = Instant::now();
        let is_valid = self.find_hash(id).await.map_or(true, |hash| hash.is_some());
        if known.len() >= MAX_REMEMBERED_KEYS {
            known.clear();
        }
        known.insert(id.clone(), KeyCheck { at, is_valid });
        is_valid
    }

    async fn check_key(&self, text: &str) -> Result<FeedReader, Problem> {
        let sent = FrontendKey::parse(text.into()).map_err(|_| unknown_key())?;
        let permit = tokio::time::timeout(KEY_CHECK_TIMEOUT, self.key_checks.acquire()).await;
        let _permit =
            permit.map_err(|_| Problem::unavailable(TRY_AGAIN, "too many keys are being checked"))?;
        let hash = self.find_hash(sent.id()).await.map_err(|error| Problem::unavailable(TRY_AGAIN, error))?;
        match hash {
            Some(hash) if verify_slices_are_equal(&hash, &sent.hash()).is_ok() => {
                Ok(FeedReader::Frontend(sent.id().clone()))
            }
            _ => Err(unknown_key()),
        }
    }

    async fn find_hash(&self, id: &KeyId) -> Result<Option<Vec<u8>>, DatabaseUnavailable> {
        let (id, now) = (id.clone(), self.clock.now());
        self.database.query(move |c| find_frontend_key_hash(c, &id, now)).await
    }

    /// Has auth-service check the proof, because only auth-service can open the keys of frontends.
    async fn check_proof(&self, request: &HttpRequest, proof: &str) -> Result<FeedReader, Problem> {
        let invalid =
            |error: drawbridge_http::proof::InvalidProof| Problem::new(Code::InvalidProof, error.to_string());
        let key = Proof::parse(proof).map_err(invalid)?.key_id().clone();
        let auth_service = self.auth_service.as_ref().ok_or_else(|| {
            Problem::unavailable(
                "Proofs cannot be checked here, because AUTH_SERVICE_URL is not set. Send the key itself, over TLS.",
                "AUTH_SERVICE_URL is not set",
            )
        })?;
        let answer = auth_service.send(Retry::OnlyIfUnsent, |client, origin| {
            let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
            let mut question = client.get(format!("{origin}{target}"));
            for (name, value) in request.headers() {
                if name.as_str().starts_with("x-drawbridge-") {
                    question = question.header(name.as_str(), value.as_bytes());
                }
            }
            match RequestId::of(request) {
                Some(id) => question.header(REQUEST_ID.as_str(), id.as_str()),
                None => question,
            }
        });
        let answer = answer.await.map_err(|Unreachable(cause)| Problem::unavailable(TRY_AGAIN, cause))?;
        let unclear = |cause: &dyn std::fmt::Display| Problem::unavailable(TRY_AGAIN, cause);
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| unclear(&error))?;
        if status.is_success() {
            let answer: ProofAnswer = serde_json::from_slice(&body).map_err(|error| unclear(&error))?;
            return Ok(if answer.data.is_registered {
                FeedReader::Frontend(key)
            } else {
                FeedReader::WebFrontend
            });
        }
        let refusal: ProofRefusal = serde_json::from_slice(&body).map_err(|error| unclear(&error))?;
        let code = Code::find(&refusal.code).filter(|_| status.is_client_error());
        Err(code.map_or_else(|| unclear(&refusal.detail), |code| Problem::new(code, refusal.detail.clone())))
    }
}

/// The value of a header that may be sent once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    match value.to_str() {
        Ok(text) if values.next().is_none() => Ok(Some(text)),
        _ => Err(Problem::new(Code::UnknownKey, format!("Send the header {name} once, in ASCII."))),
    }
}

fn unknown_key() -> Problem {
    Problem::new(
        Code::UnknownKey,
        "No frontend has this key. `drawbridge frontend list` shows the IDs of the keys that exist.",
    )
}
