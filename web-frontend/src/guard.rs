//! The guard: lets a request through that brings a good session token, and sends a person who
//! brings none to the sign-in page and back.
//!
//! It needs a verify-service and nothing else of Drawbridge, so any Actix app can use it:
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
//! | anything else: `fetch`, a form post, a client that accepts JSON alone | a Problem: 403 or 401 with its `code` |
//! | any, while nobody can say whether the token is good | a Problem: 503 with `Retry-After`; no redirect, and no cookie is touched |

mod middleware;
mod navigation;
mod remote;

use std::{fmt, sync::Arc, time::Duration};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use shared::{
    http::RequestId,
    origin::Origin,
    problem::Problem,
    session_cookie::SessionCookie,
    verification::{Refusal, Verified},
};

pub(crate) use navigation::is_navigation;
use remote::Remote;

/// The middleware. Cheap to clone; one serves a whole app.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    cookie: SessionCookie,
    login_path: String,
    remote: Remote,
}

/// Sets up a [`Guard`].
#[derive(Debug, Clone)]
pub struct Builder {
    frontend_origin: String,
    verify_service: String,
    cookie_name: Option<String>,
    login_path: String,
    answer_within: Duration,
}

/// Why a guard cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError(String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

impl Builder {
    /// Where verify-service answers: `http://127.0.0.1:8082` unless set.
    #[must_use]
    pub fn verify_service(mut self, origin: impl Into<String>) -> Self {
        self.verify_service = origin.into();
        self
    }

    /// The session cookie's name, if the deployment sets `COOKIE_NAME`.
    #[must_use]
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie_name = Some(name.into());
        self
    }

    /// The sign-in page's path on this origin: `/login` unless set.
    #[must_use]
    pub fn login_path(mut self, path: impl Into<String>) -> Self {
        self.login_path = path.into();
        self
    }

    /// How long verify-service may take: one second unless set.
    #[must_use]
    pub fn answer_within(mut self, limit: Duration) -> Self {
        self.answer_within = limit;
        self
    }

    /// The guard.
    ///
    /// # Errors
    /// A sentence that says which setting is wrong.
    pub fn build(self) -> Result<Guard, BuildError> {
        let named = |what: &str, reason: String| BuildError(format!("{what} {reason}"));
        let frontend = Origin::parse(&self.frontend_origin).map_err(|e| named("the frontend's origin", e))?;
        let service = Origin::parse(&self.verify_service).map_err(|e| named("verify_service", e))?;
        if frontend.local_target(&self.login_path).is_none() {
            return Err(named("login_path", "must be a path on this origin, such as /login".into()));
        }
        let cookie =
            SessionCookie::for_frontend(&frontend, self.cookie_name.as_deref()).map_err(BuildError)?;
        let remote = Remote::new(&service, self.answer_within);
        let remote = remote.map_err(|error| named("the HTTP client", error.to_string()))?;
        Ok(Guard(Arc::new(Inner { cookie, login_path: self.login_path, remote })))
    }
}

impl Guard {
    /// A guard for pages at `frontend_origin`, such as `https://app.example.com`.
    pub fn builder(frontend_origin: impl Into<String>) -> Builder {
        Builder {
            frontend_origin: frontend_origin.into(),
            verify_service: "http://127.0.0.1:8082".into(),
            cookie_name: None,
            login_path: "/login".into(),
            answer_within: Duration::from_secs(1),
        }
    }

    /// Who is behind a request, for a page that shows itself to everybody.
    ///
    /// # Errors
    /// Why nobody can be named. [`Refusal::Unavailable`] does not mean that nobody is signed in.
    pub async fn identify(&self, request: &HttpRequest) -> Result<Verified, Refusal> {
        let tokens = self.0.cookie.tokens(request);
        let headers = self.0.cookie.forward(&tokens).ok_or(Refusal::MissingToken)?;
        self.0.remote.verify(headers, RequestId::of(request)).await
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
