//! verify-service as the source of users and keys, for verifiers that may not read the database.

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use reqwest::{Response, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};

use crate::replicas::{OutOfReach, Replicas, Retry};
use drawbridge_core::{id::UserId, metrics::Metrics, origin::Origin, settings::Timeouts};
use drawbridge_verification::{Source, SourceUnavailable, user_cache::Pending, user_record::UserRecord};

/// Where a verify-service tells the record of a token's user, on its internal port.
pub const RECORD_PATH: &str = "/internal/record";

/// Where a verify-service tells the public keys, on its internal port.
pub const KEYS_PATH: &str = "/internal/keys";

/// What a verify-service tells of a user.
#[derive(Debug, serde::Serialize, Deserialize)]
pub struct RecordAnswer<R = UserRecord> {
    /// The record, unless there is no such user.
    pub record: Option<R>,
}

/// A verify-service as the source of users and keys, for a verifier that may not read the database.
pub struct RemoteSource(Replicas);

impl RemoteSource {
    /// The source at the internal ports of these replicas.
    pub fn new(internal: Vec<Origin>, timeouts: Timeouts, metrics: &Metrics) -> Self {
        // It asks the database itself, and may take as long as that.
        let timeouts = Timeouts { answer: timeouts.answer + Duration::from_millis(500), ..timeouts };
        Self(Replicas::new("verify-service", internal, timeouts, metrics))
    }
}

impl From<OutOfReach> for SourceUnavailable {
    fn from(error: OutOfReach) -> Self {
        Self(error.0)
    }
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, SourceUnavailable> {
    match answer.status() {
        StatusCode::OK => answer.json().await.map_err(|error| SourceUnavailable(format!("{error:?}"))),
        // Even a refusal: its keys are not ours just now, and nobody knows which are right.
        other => Err(SourceUnavailable(format!("verify-service answered {other}"))),
    }
}

impl Source for RemoteSource {
    fn find_user<'a>(
        &'a self,
        _: UserId,
        token: &'a str,
    ) -> Pending<'a, Result<Option<UserRecord>, SourceUnavailable>> {
        Box::pin(async move {
            let ask = self.0.send(Retry::Idempotent, |client, origin| {
                client.post(format!("{origin}{RECORD_PATH}")).bearer_auth(token)
            });
            Ok(read::<RecordAnswer>(ask.await?).await?.record)
        })
    }

    fn find_keys(&self) -> Pending<'_, Result<JwkSet, SourceUnavailable>> {
        Box::pin(async move {
            let ask = |client: &reqwest::Client, origin: &Origin| client.get(format!("{origin}{KEYS_PATH}"));
            read(self.0.send(Retry::Idempotent, ask).await?).await
        })
    }
}
