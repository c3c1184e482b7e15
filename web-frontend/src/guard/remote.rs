use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};
use reqwest::StatusCode;
use serde::Deserialize;
use shared::{
    http::{REQUEST_ID, RequestId},
    origin::Origin,
    verification::{Refusal, Verified},
};

use crate::http_client;

/// Asks verify-service.
pub(super) struct Remote {
    client: reqwest::Client,
    url: String,
}

#[derive(Deserialize)]
struct Valid {
    data: Verified,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
}

impl Remote {
    pub(super) fn new(service: &Origin, answer_within: Duration) -> reqwest::Result<Self> {
        Ok(Self { client: http_client::new(answer_within)?, url: format!("{service}/api/verify") })
    }

    /// Whose token it is. Whatever is not a clear answer is an outage, not a refusal.
    pub(super) async fn verify(
        &self,
        (name, value): (HeaderName, HeaderValue),
        id: Option<RequestId>,
    ) -> Result<Verified, Refusal> {
        let mut request = self.client.post(&self.url).header(name.as_str(), value.as_bytes());
        if let Some(id) = &id {
            request = request.header(REQUEST_ID.as_str(), id.as_str());
        }
        let unclear = |error: reqwest::Error| Refusal::Unavailable(format!("verify-service: {error:?}"));
        let answer = request.send().await.map_err(unclear)?;
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
