//! verify-service as the source of users and keys, for verifiers that may not read the database.

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use reqwest::{Response, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};

use crate::replicas::{Replicas, Retry, Unreachable};
use drawbridge_core::{id::UserId, metrics::Metrics, origin::Origin, settings::Timeouts};
use drawbridge_verification::{BoxFuture, Source, SourceUnavailable, user_record::UserRecord};

/// The path of user records on verify-service's internal port.
pub const RECORD_PATH: &str = "/internal/record";

/// The path of public keys on verify-service's internal port.
pub const KEYS_PATH: &str = "/internal/keys";

/// The response at [`RECORD_PATH`].
#[derive(Debug, serde::Serialize, Deserialize)]
pub struct RecordAnswer<R = UserRecord> {
    /// The record; `None` if there is no such user.
    pub record: Option<R>,
}

/// Asks verify-service for users and keys.
pub struct RemoteSource(Replicas);

impl RemoteSource {
    /// A source at the given internal origins.
    pub fn new(internal: Vec<Origin>, timeouts: Timeouts, metrics: &Metrics) -> Self {
        // verify-service may itself have to wait for the database.
        let timeouts = Timeouts { answer: timeouts.answer + Duration::from_millis(500), ..timeouts };
        Self(Replicas::new("verify-service", internal, timeouts, metrics))
    }
}

impl From<Unreachable> for SourceUnavailable {
    fn from(error: Unreachable) -> Self {
        Self(error.0)
    }
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, SourceUnavailable> {
    match answer.status() {
        StatusCode::OK => answer.json().await.map_err(|error| SourceUnavailable(format!("{error:?}"))),
        // A refusal counts as an outage, too: it means that verify-service's keys currently differ from ours.
        other => Err(SourceUnavailable(format!("verify-service answered {other}"))),
    }
}

impl Source for RemoteSource {
    fn find_user<'a>(
        &'a self,
        _: UserId,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Option<UserRecord>, SourceUnavailable>> {
        Box::pin(async move {
            let ask = self.0.send(Retry::Idempotent, |client, origin| {
                client.post(format!("{origin}{RECORD_PATH}")).bearer_auth(token)
            });
            Ok(read::<RecordAnswer>(ask.await?).await?.record)
        })
    }

    fn find_keys(&self) -> BoxFuture<'_, Result<JwkSet, SourceUnavailable>> {
        Box::pin(async move {
            let ask = |client: &reqwest::Client, origin: &Origin| client.get(format!("{origin}{KEYS_PATH}"));
            read(self.0.send(Retry::Idempotent, ask).await?).await
        })
    }
}
