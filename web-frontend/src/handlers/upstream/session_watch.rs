//! The session behind a response that stays open: a WebSocket, an event stream or a download.

use std::{cell::LazyCell, time::Duration};

use actix_web::{HttpRequest, web};
use drawbridge_verification::Refusal;
use futures_util::{FutureExt, future::LocalBoxFuture};
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
    /// Read from the request that opened the response, or still to be read: most responses end before it is needed.
    browser: LazyCell<BrowserContext, Box<dyn FnOnce() -> BrowserContext>>,
    next_check: Instant,
    /// The check that has begun. It outlives calls of [`Self::wait_for_end`], since a busy response drops each of them
    /// before a check can be complete.
    check: Option<LocalBoxFuture<'static, SessionState>>,
}

/// What a check has found.
enum SessionState {
    Ended,
    /// With another token, if the old one has been renewed.
    Alive {
        renewed: Option<SecretString>,
    },
}

impl SessionWatch {
    /// Follows the session of a token that came with `request`.
    pub(super) fn new(app: &web::Data<App>, request: &HttpRequest, token: String) -> Self {
        let (reading_app, request) = (app.clone(), request.clone());
        Self {
            app: app.clone(),
            token: token.into(),
            browser: LazyCell::new(Box::new(move || reading_app.browser_context(&request))),
            next_check: Instant::now() + SESSION_CHECK_INTERVAL,
            check: None,
        }
    }

    /// Releases the memory of the request, for a response that stays open for long.
    pub(super) fn release_request(&self) {
        LazyCell::force(&self.browser);
    }

    /// Waits until the session has certainly ended. An outage does not count. Can be dropped and called again.
    pub(super) async fn wait_for_end(&mut self) {
        loop {
            match self.next_state().await {
                SessionState::Ended => return,
                SessionState::Alive { renewed: Some(token) } => self.token = token,
                SessionState::Alive { renewed: None } => {}
            }
        }
    }

    async fn next_state(&mut self) -> SessionState {
        let check = match &mut self.check {
            Some(check) => check,
            None => {
                sleep_until(self.next_check).await;
                self.next_check = Instant::now() + SESSION_CHECK_INTERVAL;
                let check = check_session(self.app.clone(), self.token.clone(), self.browser.clone());
                self.check.insert(check.boxed_local())
            }
        };
        let state = check.await;
        self.check = None;
        state
    }
}

async fn check_session(app: web::Data<App>, token: SecretString, browser: BrowserContext) -> SessionState {
    match app.guard.verify(&[token.expose_secret().to_owned()], None).await {
        Ok(verified) if verified.session.is_renewal_due(app.clock.now()) => {
            SessionState::Alive { renewed: renew(&app, &token, browser).await }
        }
        Ok(_) | Err(Refusal::Unavailable(_)) => SessionState::Alive { renewed: None },
        Err(_) => SessionState::Ended,
    }
}

/// Requests another token. If this fails, the next check tries again.
async fn renew(app: &App, token: &SecretString, browser: BrowserContext) -> Option<SecretString> {
    let browser = browser.with_token(&app.cookie, token.expose_secret());
    match app.auth.send(AuthRequest::new(AuthEndpoint::REFRESH, browser)).await {
        Ok(response) => response.session_token,
        Err(problem) => {
            tracing::debug!(cause = problem.cause(), "cannot renew the token of an open connection");
            None
        }
    }
}
