//! The documents in which the deployment describes itself: the metadata and the public keys. auth-service publishes
//! them; this origin serves the same ones, and keeps serving them for a while if auth-service is unreachable.

use std::{
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use actix_web::web::Bytes;
use drawbridge_http::{
    discovery::{METADATA_PATH, PUBLIC_KEYS_PATH},
    problem::Problem,
};
use serde_json::Value;
use tokio::{sync::Mutex, time::sleep};

use crate::auth_client::AuthClient;

/// How long a document is served without asking auth-service again, and how long auth-service is not asked again after
/// a failure.
const DOCUMENT_CACHE_TTL: Duration = Duration::from_secs(1);

/// How often the documents are fetched although no client asks for them, so that recent ones are held when an outage
/// begins.
const DOCUMENT_REFRESH_INTERVAL: Duration = Duration::from_secs(30);

/// The documents that auth-service publishes for everyone.
pub(crate) struct PublicDocuments {
    pub(crate) metadata: PublicDocument,
    pub(crate) public_keys: PublicDocument,
}

impl PublicDocuments {
    /// Documents that are served for `outage_grace` after auth-service became unreachable.
    pub(crate) fn new(outage_grace: Duration) -> Self {
        Self {
            metadata: PublicDocument::new(METADATA_PATH, "issuer", outage_grace),
            public_keys: PublicDocument::new(PUBLIC_KEYS_PATH, "keys", outage_grace),
        }
    }

    /// Fetches the documents at regular intervals, for as long as the service runs.
    pub(crate) async fn keep_current(&self, auth: &AuthClient) {
        loop {
            if let Err(cause) = self.refresh(auth).await {
                tracing::debug!(cause, "cannot fetch the metadata and the public keys");
            }
            sleep(DOCUMENT_REFRESH_INTERVAL).await;
        }
    }

    /// Stops at the first failure: if auth-service is unreachable, a second try would only count against it again.
    async fn refresh(&self, auth: &AuthClient) -> Result<(), String> {
        self.metadata.refresh(auth).await?;
        self.public_keys.refresh(auth).await?;
        Ok(())
    }
}

/// A document, with the copy that was fetched last.
pub(crate) struct PublicDocument {
    path: &'static str,
    /// A member that distinguishes the document from the answer of another program.
    required_member: &'static str,
    outage_grace: Duration,
    held: RwLock<Option<HeldDocument>>,
    /// Locked during a fetch, so that there is only one at a time.
    last_failure: Mutex<Option<FailedFetch>>,
}

struct HeldDocument {
    json: Bytes,
    fetched_at: Instant,
}

struct FailedFetch {
    ended_at: Instant,
    cause: String,
}

impl PublicDocument {
    fn new(path: &'static str, required_member: &'static str, outage_grace: Duration) -> Self {
        Self { path, required_member, outage_grace, held: RwLock::new(None), last_failure: Mutex::new(None) }
    }

    /// The document as auth-service publishes it, or the last known one in an outage.
    ///
    /// # Errors
    /// auth-service is unreachable, and the last known document is too old.
    pub(crate) async fn find(&self, auth: &AuthClient) -> Result<Bytes, Problem> {
        match self.refresh(auth).await {
            Ok(json) => Ok(json),
            Err(cause) => self.held_for_less_than(self.outage_grace).ok_or_else(|| {
                let detail =
                    "The metadata and the public keys are not available right now. Try again shortly.";
                Problem::unavailable(detail, cause)
            }),
        }
    }

    /// The document, fetched unless it was fetched a moment ago.
    async fn refresh(&self, auth: &AuthClient) -> Result<Bytes, String> {
        if let Some(json) = self.held_for_less_than(DOCUMENT_CACHE_TTL) {
            return Ok(json);
        }
        let mut last_failure = self.last_failure.lock().await;
        // Another request may have fetched it in the meantime.
        if let Some(json) = self.held_for_less_than(DOCUMENT_CACHE_TTL) {
            return Ok(json);
        }
        if let Some(failure) = &*last_failure
            && failure.ended_at.elapsed() < DOCUMENT_CACHE_TTL
        {
            return Err(failure.cause.clone());
        }
        let fetched = auth.fetch_document(self.path).await.and_then(|json| self.check(json));
        *last_failure = fetched
            .as_ref()
            .err()
            .map(|cause| FailedFetch { ended_at: Instant::now(), cause: cause.clone() });
        let json = fetched?;
        let held = HeldDocument { json: json.clone(), fetched_at: Instant::now() };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(json)
    }

    fn held_for_less_than(&self, age: Duration) -> Option<Bytes> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|held| held.fetched_at.elapsed() < age).map(|held| held.json.clone())
    }

    /// Checks that an answer is the document.
    fn check(&self, json: Bytes) -> Result<Bytes, String> {
        let is_document = serde_json::from_slice::<Value>(&json)
            .is_ok_and(|value| value.get(self.required_member).is_some());
        let Self { path, required_member, .. } = self;
        let other_program = || {
            format!(
                "auth-service, or a program in front of it, answered GET {path} without {required_member}"
            )
        };
        is_document.then_some(json).ok_or_else(other_program)
    }
}
