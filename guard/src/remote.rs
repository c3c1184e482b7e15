use drawbridge_cookies::session_cookie::ForwardedTokens;
use drawbridge_core::{audience::Audience, metrics::Metrics, origin::Origin, settings::Timeouts};
use drawbridge_http::{
    REQUEST_ID, RequestId,
    replicas::{Replicas, Retry},
};
use drawbridge_verification::{Refusal, Verified};
use reqwest::StatusCode;
use serde::Deserialize;

/// Asks verify-service about every request.
pub(crate) struct Remote(Replicas);

#[derive(Deserialize)]
struct ValidBody {
    data: Verified,
}

#[derive(Deserialize)]
struct RefusedBody {
    code: String,
}

impl Remote {
    pub(crate) fn new(services: Vec<Origin>, timeouts: Timeouts, metrics: &Metrics) -> Self {
        Self(Replicas::new("verify-service", services, timeouts, metrics))
    }

    /// Verifies session tokens, or access tokens with this audience. Anything but a clear answer is an outage, not a refusal.
    pub(crate) async fn verify(
        &self,
        tokens: &ForwardedTokens,
        audience: Option<&Audience>,
        id: Option<RequestId>,
    ) -> Result<Verified, Refusal> {
        let outage = |error: reqwest::Error| Refusal::Unavailable(format!("verify-service: {error:?}"));
        let ask = self.0.send(Retry::Idempotent, |client, origin| {
            let mut request =
                client.post(format!("{origin}/api/verify")).header(tokens.header, &tokens.value);
            if let Some(audience) = audience {
                request = request.json(&serde_json::json!({ "audience": audience.as_str() }));
            }
            match &id {
                Some(id) => request.header(REQUEST_ID.as_str(), id.as_str()),
                None => request,
            }
        });
        let answer = ask.await.map_err(|error| Refusal::Unavailable(error.to_string()))?;
        match answer.status() {
            StatusCode::OK => Ok(answer.json::<ValidBody>().await.map_err(outage)?.data),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let code = answer.json::<RefusedBody>().await.map_err(outage)?.code;
                let unknown = || Refusal::Unavailable(format!("verify-service answered with code {code}"));
                Err(Refusal::from_code(&code).unwrap_or_else(unknown))
            }
            other => Err(Refusal::Unavailable(format!("verify-service answered {other}"))),
        }
    }
}
