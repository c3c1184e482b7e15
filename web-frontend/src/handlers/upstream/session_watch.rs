//! The session behind a response that stays open: a WebSocket, an event stream or a download.

use std::time::Duration;

use actix_web::{HttpRequest, web};
use drawbridge_verification::Refusal;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep_until};

use crate::{
    app::App,
    auth_client::{AuthEndpoint, AuthRequest, BrowserContext},
};

/// How often the session is checked. An ended session closes the response within five seconds.
const SESSION_CHECK_INTERVAL: Duration = Duration::from_secs(4);

/// Follows a session while a response is open. The token that opened the response expires before the session does, so
/// it is renewed here, like the browser's own.
pub(super) struct SessionWatch {
    app: web::Data<App>,
    token: SecretString,
    browser: BrowserContext,
    next_check: Instant,
}

impl SessionWatch {
    /// Follows the session of a token that came with `request`.
    pub(super) fn new(app: &web::Data<App>, request: &HttpRequest, token: String) -> Self {
        Self {
            app: app.clone(),
            token: token.into(),
            browser: app.browser_context(request),
            next_check: Instant::now() + SESSION_CHECK_INTERVAL,
        }
    }

    /// Waits until the session has certainly ended. An outage does not count. Can be dropped and called again.
    pub(super) async fn wait_for_end(&mut self) {
        loop {
            sleep_until(self.next_check).await;
            self.next_check = Instant::now() + SESSION_CHECK_INTERVAL;
            if self.has_ended().await {
                return;
            }
        }
    }

    async fn has_ended(&mut self) -> bool {
        match self.app.guard.verify(&[self.token.expose_secret().to_owned()], None).await {
            Ok(verified) => {
                if verified.session.is_renewal_due(self.app.clock.now()) {
                    self.renew().await;
                }
                false
            }
            Err(refusal) => !matches!(refusal, Refusal::Unavailable(_)),
        }
    }

    /// Replaces the token. If this fails, the next check tries again.
    async fn renew(&mut self) {
        let browser = self.browser.clone().with_token(&self.app.cookie, self.token.expose_secret());
        match self.app.auth.send(AuthRequest::new(AuthEndpoint::REFRESH, browser)).await {
            Ok(response) => {
                if let Some(token) = response.session_token {
                    self.token = token;
                }
            }
            Err(problem) => {
                tracing::debug!(cause = problem.cause(), "cannot renew the token of an open connection");
            }
        }
    }
}
