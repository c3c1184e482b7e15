use chrono::TimeDelta;
use drawbridge_core::audience::Audience;
use drawbridge_http::{
    problem::Problem,
    token_exchange::{GRANT_TYPE, TOKEN_TYPE_JWT},
};
use serde::Deserialize;
use url::form_urlencoded;

use super::{AuthClient, AuthEndpoint, AuthRequest, BrowserContext};
use crate::access_tokens::AccessToken;

const FORM: &str = "application/x-www-form-urlencoded";

/// A response to a token exchange (RFC 8693, 2.2.1).
#[derive(Deserialize)]
struct ExchangeResponse {
    access_token: String,
    /// In seconds.
    expires_in: i64,
}

impl AuthClient {
    /// Exchanges a session token for an access token; `None` if auth-service refuses the session token.
    ///
    /// # Errors
    /// auth-service cannot be reached, or refuses the exchange for another reason.
    pub(crate) async fn exchange(
        &self,
        session_token: &str,
        audience: &Audience,
        browser: BrowserContext,
    ) -> Result<Option<AccessToken>, Problem> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT_TYPE)
            .append_pair("subject_token", session_token)
            .append_pair("subject_token_type", TOKEN_TYPE_JWT)
            .append_pair("audience", audience.as_str())
            .finish();
        let asked_at = self.clock.now();
        let request = AuthRequest::new(AuthEndpoint::TOKEN, browser.without_tokens());
        let response = self.send(request.with_body(FORM, form.into_bytes())).await?;
        match response.refusal() {
            Some(refusal) if refusal.is_about_token() => Ok(None),
            Some(refusal) => {
                let cause = format!("the token exchange for {audience} failed: {}", refusal.detail);
                Err(Problem::internal(cause))
            }
            None => {
                let ExchangeResponse { access_token, expires_in } = response.body_as()?;
                Ok(Some(AccessToken::new(access_token, asked_at, TimeDelta::seconds(expires_in))))
            }
        }
    }
}
