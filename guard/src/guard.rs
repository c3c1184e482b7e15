use std::{slice, sync::Arc};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{audience::Audience, metrics::Metrics, origin::encode_next};
use drawbridge_http::{RequestId, problem::Problem, token_headers};
use drawbridge_verification::{Refusal, Verified, Verifier, token::AcceptedTokens};

use crate::{diagnosis::Expected, remote::Remote};

/// The middleware. Cheap to clone; one serves a whole application.
#[derive(Clone)]
pub struct Guard(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) expected: Expected,
    pub(crate) cookie: SessionCookie,
    /// The audience of the access tokens that this application accepts; `None` if it accepts session tokens.
    pub(crate) audience: Option<Audience>,
    pub(crate) login_path: String,
    pub(crate) mode: Mode,
    pub(crate) metrics: Metrics,
}

/// What is known about the session of a forwarded request.
#[doc(hidden)]
pub enum RequestSession {
    /// The session is valid.
    SignedIn {
        /// The session token.
        token: String,
        /// The user and the session.
        verified: Box<Verified>,
    },
    /// There is no session, or it is not valid.
    Anonymous {
        /// Why not.
        refusal: Refusal,
    },
    /// An outage keeps the guard from finding out.
    Unknown {
        /// The tokens of the request, at least one of which cannot be verified right now.
        tokens: Vec<String>,
    },
}

/// Who verifies a token.
pub(crate) enum Mode {
    /// verify-service, on every request.
    Remote(Remote),
    /// This process. A hot record needs no network call.
    Embedded(Box<Verifier>),
}

impl Guard {
    /// Identifies the user of a request, for a page that everyone may see.
    ///
    /// # Errors
    /// Why the request has no user. [`Refusal::Unavailable`] does not mean that the user is signed out.
    pub async fn identify(&self, request: &HttpRequest) -> Result<Verified, Refusal> {
        if let Some(known) = self.identify_hot(request) {
            return Ok(known);
        }
        let tokens = self.0.cookie.tokens(&token_headers(request.headers()));
        self.verify(&tokens, RequestId::of(request)).await
    }

    /// Verifies the tokens of one request, read earlier by [`SessionCookie::tokens`].
    ///
    /// # Errors
    /// Like [`Guard::identify`].
    #[doc(hidden)]
    pub async fn verify(&self, tokens: &[String], id: Option<RequestId>) -> Result<Verified, Refusal> {
        match &self.0.mode {
            Mode::Remote(remote) => {
                let tokens = self.0.cookie.forward(tokens).ok_or(Refusal::MissingToken)?;
                remote.verify(&tokens, self.0.audience.as_ref(), id).await
            }
            Mode::Embedded(verifier) => {
                Ok(verifier.verify_request(tokens, self.accepted_tokens()).await?.verified())
            }
        }
    }

    /// The session of a request that is forwarded to another server. If a sibling host has planted a second cookie, the
    /// only valid one counts.
    ///
    /// # Errors
    /// There are several tokens, and not exactly one is valid.
    #[doc(hidden)]
    pub async fn find_session(&self, request: &HttpRequest) -> Result<RequestSession, Refusal> {
        let tokens = self.0.cookie.tokens(&token_headers(request.headers()));
        let is_only = tokens.len() == 1;
        let mut session = match tokens.len() {
            0 => Ok(RequestSession::Anonymous { refusal: Refusal::MissingToken }),
            _ => Err(Refusal::InvalidToken),
        };
        for token in &tokens {
            match self.check(token, RequestId::of(request)).await {
                Ok(_) if matches!(session, Ok(RequestSession::SignedIn { .. })) => {
                    return Err(Refusal::InvalidToken);
                }
                Ok(verified) => {
                    let token = token.clone();
                    session = Ok(RequestSession::SignedIn { token, verified: Box::new(verified) });
                }
                Err(Refusal::Unavailable(_)) => return Ok(RequestSession::Unknown { tokens }),
                Err(refusal) if is_only => return Ok(RequestSession::Anonymous { refusal }),
                Err(_) => {}
            }
        }
        session
    }

    async fn check(&self, token: &String, id: Option<RequestId>) -> Result<Verified, Refusal> {
        if let Mode::Embedded(verifier) = &self.0.mode
            && let Ok(hot) = verifier.verify_hot(token, self.accepted_tokens())
        {
            return Ok(hot.verified());
        }
        self.verify(slice::from_ref(token), id).await
    }

    /// Identifies the user without a network call, if this process already knows enough.
    pub(crate) fn identify_hot(&self, request: &HttpRequest) -> Option<Verified> {
        match &self.0.mode {
            Mode::Remote(_) => None,
            Mode::Embedded(verifier) => {
                let token = self.0.cookie.only_token(&token_headers(request.headers()))?;
                Some(verifier.verify_hot(token, self.accepted_tokens()).ok()?.verified())
            }
        }
    }

    fn accepted_tokens(&self) -> AcceptedTokens<'_> {
        match &self.0.audience {
            None => AcceptedTokens::Session,
            Some(audience) => AcceptedTokens::Access(audience.as_str()),
        }
    }

    /// The metrics of this guard.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The URL of the sign-in page that returns to the path `wanted` afterwards.
    pub fn login_target(&self, wanted: &str) -> String {
        format!("{}?next={}", self.0.login_path, encode_next(wanted))
    }
}

/// The user of a request that passed the [`Guard`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn(pub Verified);

impl std::ops::Deref for SignedIn {
    type Target = Verified;

    fn deref(&self) -> &Verified {
        &self.0
    }
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    /// Fails on a route without a guard, so that a forgotten guard lets nobody in.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let person = request.extensions().get::<Self>().cloned();
        std::future::ready(person.ok_or_else(|| Problem::internal("SignedIn on a route without a Guard")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Builder;

    #[test]
    fn the_requested_path_survives_the_redirect_to_sign_in() {
        let guard = Guard::builder("http://localhost:8080").build().unwrap();

        assert_eq!(guard.login_target("/private"), "/login?next=/private");
        let target = guard.login_target("/private?a=b&c=d+e%20f#g");
        assert_eq!(target, "/login?next=/private?a=b%26c=d%2Be%2520f%23g");
    }

    #[test]
    fn an_invalid_setting_is_named() {
        let message = |builder: Builder| builder.build().err().unwrap().to_string();
        let guard = || Guard::builder("https://app.example.com");
        let cookie = SessionCookie::for_frontend(&"https://app.example.com".parse().unwrap(), None).unwrap();

        assert!(message(Guard::builder("app.example.com")).contains("origin"));
        assert!(message(Guard::builder("http://app.example.com")).contains("https"));
        assert!(message(guard().verify_service("8082")).contains("verify_service"));
        assert!(message(guard().login_path("//evil.example")).contains("login_path"));
        assert!(message(guard().cookie_name("a b")).contains("COOKIE_NAME"));
        assert!(message(guard().cookie(cookie).cookie_name("sid")).contains("cookie_name"));
    }
}
