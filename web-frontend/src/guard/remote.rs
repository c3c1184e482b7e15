use actix_web::http::header::{HeaderName, HeaderValue};
use reqwest::StatusCode;
use serde::Deserialize;
use shared::{
    config::Timeouts,
    http::{REQUEST_ID, RequestId},
    metrics::Metrics,
    origin::Origin,
    replicas::{Replicas, Retry},
    verification::{Refusal, Verified},
};

/// Asks verify-service.
pub(super) struct Remote(Replicas);

#[derive(Deserialize)]
struct Valid {
    data: Verified,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
}

impl Remote {
    pub(super) fn new(services: Vec<Origin>, timeouts: Timeouts, metrics: &Metrics) -> Self {
        Self(Replicas::new("verify-service", services, timeouts, metrics))
    }

    /// Whose token it is. Whatever is not a clear answer is an outage, not a refusal.
    pub(super) async fn verify(
        &self,
        (name, value): (HeaderName, HeaderValue),
        id: Option<RequestId>,
    ) -> Result<Verified, Refusal> {
        let unclear = |error: reqwest::Error| Refusal::Unavailable(format!("verify-service: {error:?}"));
        let ask = self.0.send(Retry::Idempotent, |client, origin| {
            let request = client.post(format!("{origin}/api/verify")).header(name.as_str(), value.as_bytes());
            match &id {
                Some(id) => request.header(REQUEST_ID.as_str(), id.as_str()),
                None => request,
            }
        });
        let answer = ask.await.map_err(|error| Refusal::Unavailable(error.to_string()))?;
        match answer.status() {
            StatusCode::OK => Ok(answer.json::<Valid>().await.map_err(unclear)?.data),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let code = answer.json::<Refused>().await.map_err(unclear)?.code;
                let unknown = || Refusal::Unavailable(format!("verify-service answered with code {code}"));
                Err(Refusal::from_code(&code).unwrap_or_else(unknown))
            }
            other => Err(Refusal::Unavailable(format!("verify-service answered {other}"))),
        }
    }
}
