//! The guard: lets a request through that brings a good session token, and sends a person who
//! brings none to the sign-in page and back.
//!
//! It needs a verify-service and nothing else of Drawbridge, so any Actix app can use it. It asks it
//! about every request ([`Builder::verify_service`]), or it verifies by itself and asks it only for
//! what neither its memory nor Redis knows ([`Builder::embedded`]); both give the same answers.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use web_frontend::guard::{Guard, SignedIn};
//!
//! async fn dashboard(person: SignedIn) -> String {
//!     format!("Hello {}", person.user.email)
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let guard = Guard::builder("https://app.example.com")
//!         .verify_service("http://127.0.0.1:8082")
//!         .login_path("/login")
//!         .build()?;
//!     HttpServer::new(move || {
//!         App::new().service(
//!             web::scope("/private").wrap(guard.clone()).route("/dashboard", web::get().to(dashboard)),
//!         )
//!     })
//!     .bind(("127.0.0.1", 3000))?
//!     .run()
//!     .await?;
//!     Ok(())
//! }
//! ```
//!
//! What a request without a good token is answered:
//!
//! | the request | the answer |
//! | --- | --- |
//! | a person's navigation | 302 to the login page with `?next=` the wanted path |
//! | the fourth of them, each within a minute of the one before, and none got through | a Problem that names the reason: no cookie came, under another name, two of them, … |
//! | anything else: `fetch`, a form post, a client that accepts JSON alone | a Problem: 403 or 401 with its `code` |
//! | any, while nobody can say whether the token is good | a Problem: 503 with `Retry-After`; no redirect, and no cookie is touched |

pub(crate) mod attempts;
mod builder;
mod diagnosis;
mod middleware;
mod remote;

use std::{slice, sync::Arc};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header::AUTHORIZATION};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use shared::{
    http::RequestId,
    metrics::Metrics,
    problem::Problem,
    session_cookie::SessionCookie,
    verification::{Refusal, Verified, Verifier},
};

pub use builder::{BuildError, Builder};
use remote::Remote;

/// The middleware. Cheap to clone; one serves a whole app.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    frontend_host: String,
    cookie: SessionCookie,
    login_path: String,
    mode: Mode,
    metrics: Metrics,
}

/// Who verifies.
enum Mode {
    /// A verify-service, asked about every request.
    Remote(Remote),
    /// This process: no network on a hot record.
    Embedded(Box<Verifier>),
}

impl Guard {
    /// A guard for pages at `frontend_origin`, such as `https://app.example.com`.
    pub fn builder(frontend_origin: impl Into<String>) -> Builder {
        Builder::new(frontend_origin.into())
    }

    /// Who is behind a request, for a page that shows itself to everybody.
    ///
    /// # Errors
    /// Why nobody can be named. [`Refusal::Unavailable`] does not mean that nobody is signed in.
    pub async fn identify(&self, request: &HttpRequest) -> Result<Verified, Refusal> {
        if let Some(known) = self.identify_hot(request) {
            return Ok(known);
        }
        self.verify(&self.0.cookie.tokens(request), RequestId::of(request)).await
    }

    /// Who is behind the tokens that one request brought.
    pub(crate) async fn verify(&self, tokens: &[String], id: Option<RequestId>) -> Result<Verified, Refusal> {
        match &self.0.mode {
            Mode::Remote(remote) => {
                let headers = self.0.cookie.forward(tokens).ok_or(Refusal::MissingToken)?;
                remote.verify(headers, id).await
            }
            Mode::Embedded(verifier) => Ok(verifier.verify_request(tokens).await?.verified()),
        }
    }

    /// The token to hand on for a request that brings its session in a cookie. Of several cookies it is the
    /// one that is good, and there must be no other.
    ///
    /// # Errors
    /// That none of several is, or not one alone; or that nobody can say so.
    pub(crate) async fn good_token(&self, request: &HttpRequest) -> Result<Option<String>, Refusal> {
        if request.headers().contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        let mut tokens = self.0.cookie.tokens(request);
        if tokens.len() < 2 {
            return Ok(tokens.pop());
        }
        let mut good = None;
        for token in tokens {
            match self.verify(slice::from_ref(&token), RequestId::of(request)).await {
                Ok(_) if good.is_some() => return Err(Refusal::InvalidToken),
                Ok(_) => good = Some(token),
                Err(outage @ Refusal::Unavailable(_)) => return Err(outage),
                Err(_) => {}
            }
        }
        good.map_or(Err(Refusal::InvalidToken), |token| Ok(Some(token)))
    }

    /// The same, as far as this process knows it without asking anybody.
    fn identify_hot(&self, request: &HttpRequest) -> Option<Verified> {
        match &self.0.mode {
            Mode::Remote(_) => None,
            Mode::Embedded(verifier) => {
                let token = self.0.cookie.only_token(request.headers())?;
                Some(verifier.verify_hot(token).ok()?.verified())
            }
        }
    }

    /// What the guard counts, as Prometheus reads it.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Where a person without a session is sent, to come back to `wanted` afterwards.
    pub fn login_target(&self, wanted: &str) -> String {
        let next = utf8_percent_encode(wanted, NEXT);
        format!("{}?next={next}", self.0.login_path)
    }
}

/// What must not stand in a query value as it is. A slash may, and reads better.
const NEXT: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'&').add(b'+').add(b'%');

/// The person behind a request that passed the [`Guard`].
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

    /// Fails closed on a route that the guard does not wrap.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let person = request.extensions().get::<Self>().cloned();
        std::future::ready(person.ok_or_else(|| Problem::internal("SignedIn on a route without a Guard")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_path_survives_the_way_to_the_login_page_and_back() {
        let guard = Guard::builder("http://localhost:8080").build().unwrap();
        assert_eq!(guard.login_target("/private"), "/login?next=/private");
        let target = guard.login_target("/private?a=b&c=d+e%20f#g");
        assert_eq!(target, "/login?next=/private?a=b%26c=d%2Be%2520f%23g");
    }

    #[test]
    fn a_faulty_setting_is_named() {
        let message = |builder: Builder| builder.build().err().unwrap().to_string();
        assert!(message(Guard::builder("app.example.com")).contains("origin"));
        assert!(message(Guard::builder("http://app.example.com")).contains("https"));
        let guard = || Guard::builder("https://app.example.com");
        assert!(message(guard().verify_service("8082")).contains("verify_service"));
        assert!(message(guard().login_path("//evil.example")).contains("login_path"));
        assert!(message(guard().cookie_name("a b")).contains("COOKIE_NAME"));
    }
}
