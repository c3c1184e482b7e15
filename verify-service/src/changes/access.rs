//! Who may read the feed: the holder of a frontend's key.

use std::{
    collections::HashMap,
    future::pending,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{HttpRequest, http::header::HeaderMap};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use drawbridge_core::{
    clock::SharedClock,
    frontend_key::{FrontendKey, KeyId},
};
use drawbridge_database::{
    Database, DatabaseUnavailable, find_current_frontend_keys, find_frontend_key_hash,
};
use drawbridge_http::{
    REQUEST_ID, RequestId, forwarded,
    problem::{Code, Problem},
    proof::Proof,
    proxy_identity::PROXY_IDENTITY,
    replicas::{Replicas, Retry, Unreachable},
};
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

/// How often the keys of readers are looked up again.
const KEY_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How many keys and proofs of new callers are checked at the same time, so that made-up ones leave connections to the
/// database, and capacity of auth-service, for verifications and sign-ins.
const CONCURRENT_CHECKS: usize = 2;

/// How long a new caller waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(2);

/// The codes with which auth-service refuses a proof.
const PROOF_REFUSALS: [Code; 5] = [
    Code::ProofRequired,
    Code::InvalidProof,
    Code::UnknownKey,
    Code::ProofReplayed,
    Code::OriginNotRegistered,
];

const TRY_AGAIN: &str = "The access to the change feed cannot be checked right now. Try again shortly.";

/// Checks keys and proofs.
pub(crate) struct FeedAccess {
    database: Database,
    clock: SharedClock,
    /// `None` without `AUTH_SERVICE_URL`.
    auth_service: Option<Replicas>,
    checks: Semaphore,
    /// The keys of readers. A sender that is dropped ends the feeds of its key.
    watched: Mutex<HashMap<KeyId, watch::Sender<()>>>,
}

/// Someone who was allowed to read the feed.
#[derive(Debug)]
pub(crate) enum FeedReader {
    /// A registered frontend, as long as it has its key.
    Frontend(watch::Receiver<()>),
    /// web-frontend, whose keys are a setting of auth-service.
    WebFrontend,
}

impl FeedReader {
    /// Waits until the reader's key is no longer valid.
    pub(crate) async fn wait_for_end(&mut self) {
        match self {
            // Nothing is ever sent, so this ends when the sender is dropped.
            Self::Frontend(key) => while key.changed().await.is_ok() {},
            Self::WebFrontend => pending().await,
        }
    }
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
        let checks = Semaphore::new(CONCURRENT_CHECKS);
        Self { database, clock, auth_service, checks, watched: Mutex::default() }
    }

    /// Allows a request to read the feed.
    ///
    /// # Errors
    /// It has neither a valid key nor a valid proof, or that cannot be checked now.
    pub(crate) async fn allow(&self, request: &HttpRequest) -> Result<FeedReader, Problem> {
        let headers = request.headers();
        if let Some(proof) = single(headers, PROXY_IDENTITY, Code::InvalidProof)? {
            return self.check_proof(request, proof).await;
        }
        match single(headers, forwarded::KEY, Code::UnknownKey)? {
            Some(key) => self.check_key(key).await,
            None => Err(Problem::new(
                Code::ProofRequired,
                "Send the key of a registered frontend in x-drawbridge-key, or a proof in x-drawbridge-proxy.",
            )),
        }
    }

    /// Looks every second which keys of readers are still valid. An outage changes nothing: it stops the watermarks.
    pub(crate) async fn watch_keys(&self) {
        loop {
            tokio::time::sleep(KEY_CHECK_INTERVAL).await;
            let ids = self.watched_ids();
            if ids.is_empty() {
                continue;
            }
            let now = self.clock.now();
            let asked = ids.clone();
            let valid = self.database.query(move |c| find_current_frontend_keys(c, &asked, now)).await;
            if let Ok(valid) = valid {
                let has_ended =
                    |id: &str| ids.iter().any(|asked| asked == id) && !valid.iter().any(|valid| valid == id);
                // A reader learns of the end when its key is dropped here.
                self.watched().retain(|id, _| !has_ended(id.as_str()));
            }
        }
    }

    fn watched_ids(&self) -> Vec<String> {
        let mut watched = self.watched();
        watched.retain(|_, key| key.receiver_count() > 0);
        watched.keys().map(ToString::to_string).collect()
    }

    /// Watches a key that was found valid.
    fn watch(&self, id: &KeyId) -> FeedReader {
        let mut watched = self.watched();
        let key = watched.entry(id.clone()).or_insert_with(|| watch::Sender::new(()));
        FeedReader::Frontend(key.subscribe())
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<KeyId, watch::Sender<()>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn check_key(&self, text: &str) -> Result<FeedReader, Problem> {
        let sent = FrontendKey::parse(text.into()).map_err(|_| unknown_key())?;
        let _turn = self.wait_for_turn().await?;
        let hash = self.find_hash(sent.id()).await.map_err(|error| Problem::unavailable(TRY_AGAIN, error))?;
        match hash {
            Some(hash) if verify_slices_are_equal(&hash, &sent.hash()).is_ok() => Ok(self.watch(sent.id())),
            _ => Err(unknown_key()),
        }
    }

    async fn wait_for_turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.checks.acquire()).await;
        let busy =
            || Problem::unavailable(TRY_AGAIN, "too many callers of the change feed are being checked");
        turn.ok().and_then(Result::ok).ok_or_else(busy)
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
        let _turn = self.wait_for_turn().await?;
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
            return Ok(if answer.data.is_registered { self.watch(&key) } else { FeedReader::WebFrontend });
        }
        let refusal: ProofRefusal = serde_json::from_slice(&body).map_err(|error| unclear(&error))?;
        let code = Code::find(&refusal.code).filter(|code| PROOF_REFUSALS.contains(code));
        Err(code.map_or_else(|| unclear(&refusal.detail), |code| Problem::new(code, refusal.detail.clone())))
    }
}

/// The value of a header that may be sent once.
fn single<'a>(headers: &'a HeaderMap, name: &str, otherwise: Code) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    match value.to_str() {
        Ok(text) if values.next().is_none() => Ok(Some(text)),
        _ => Err(Problem::new(otherwise, format!("Send the header {name} once, in ASCII."))),
    }
}

fn unknown_key() -> Problem {
    Problem::new(
        Code::UnknownKey,
        "No frontend has this key. `drawbridge frontend list` shows the IDs of the keys that exist.",
    )
}
