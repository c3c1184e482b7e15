//! What all pages need to answer one request of a visitor.

use std::future::{Ready, ready};

use actix_session::{Session, SessionExt};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, dev::Payload, web,
};
use drawbridge_http::problem::{Code, Problem, status_of};
use drawbridge_verification::Refusal;
use serde::Serialize;

use crate::{
    account::Account,
    app::App,
    auth_client::{Answer, Call, Refused, Request},
    csrf,
    language::Language,
    pages::{Flash, Frame, see_other},
    text::Text,
};
use drawbridge_guard::SignedIn;

/// Where a person lands who wanted nothing else.
pub(crate) const AFTER_LOGIN: &str = "/private";

/// A request to a page, with the visitor's page session and language.
pub(crate) struct Visit {
    pub(crate) app: web::Data<App>,
    pub(crate) request: HttpRequest,
    pub(crate) session: Session,
    pub(crate) language: Language,
    pub(crate) text: &'static Text,
}

impl FromRequest for Visit {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<web::Data<App>>().cloned();
        ready(app.ok_or_else(|| Problem::internal("a page without its App")).map(|app| {
            let language = Language::of(request.headers(), app.cookie.is_secure());
            let (request, session) = (request.clone(), request.get_session());
            Self { app, request, session, language, text: language.text() }
        }))
    }
}

impl Visit {
    /// A call of auth-service for this visitor.
    pub(crate) fn request(&self, call: Call) -> Request {
        Request::new(&self.app, &self.request, call)
    }

    /// Makes a call that has no body.
    pub(crate) async fn ask(&self, call: Call) -> Result<Answer, Problem> {
        self.app.auth.send(self.request(call)).await
    }

    /// Makes a call with a body.
    pub(crate) async fn send(&self, call: Call, body: &impl Serialize) -> Result<Answer, Problem> {
        self.app.auth.send(self.request(call).json(body)?).await
    }

    /// Makes a call about one thing.
    pub(crate) async fn send_about(
        &self,
        call: Call,
        id: &str,
        body: &impl Serialize,
    ) -> Result<Answer, Problem> {
        let request =
            self.request(call).id(id).ok_or_else(|| Problem::new(Code::NotFound, "Check the path."))?;
        self.app.auth.send(request.json(body)?).await
    }

    /// The account of whoever is signed in.
    pub(crate) async fn account(&self) -> Result<Account, Problem> {
        let answer = self.ask(Call::ACCOUNT).await?;
        answer.refusal().map_or_else(|| answer.data(), |refused| Err(problem(&refused)))
    }

    /// The frame of a page; behind the guard with the address of whoever is signed in.
    pub(crate) fn frame(&self) -> Frame {
        let email = self.request.extensions().get::<SignedIn>().map(|person| person.user.email.clone());
        let here = self.request.uri().path_and_query().map_or("/", |here| here.as_str()).to_owned();
        Frame {
            email,
            here,
            flash: Flash::take(&self.session),
            ..Frame::plain(self.app.clone(), self.language)
        }
    }

    /// The frame of a page that everybody may see. In an outage it shows nobody.
    pub(crate) async fn public_frame(&self) -> Frame {
        Frame { email: self.email().await, ..self.frame() }
    }

    /// The address of whoever is signed in, on a page that everybody may see.
    pub(crate) async fn email(&self) -> Option<String> {
        match self.app.guard.identify(&self.request).await {
            Ok(verified) => Some(verified.user.email),
            Err(Refusal::Unavailable(cause)) => {
                tracing::warn!(cause, "a public page is shown without the visitor's name");
                None
            }
            Err(_) => None,
        }
    }

    /// The token that this visitor's forms carry.
    pub(crate) fn csrf(&self) -> Result<String, Problem> {
        csrf::token(&self.session)
    }

    /// Whether a form is one that this visitor was shown.
    pub(crate) fn has_shown(&self, csrf: &str) -> bool {
        csrf::is_good(&self.session, csrf)
    }

    /// The wanted path, if it is one of this origin, and not a form that would send the person round.
    pub(crate) fn local_target(&self, next: Option<&str>) -> Option<String> {
        let target = self.app.frontend_origin.local_target(next?)?;
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let is_entry = matches!(path, "/register" | "/logout" | "/login") || path.starts_with("/login/");
        (!is_entry).then_some(target)
    }

    /// The path to sign in at, and to go on to `next` from there.
    pub(crate) fn login_target(&self, next: Option<&str>) -> String {
        next.map_or_else(|| "/login".to_owned(), |next| self.app.guard.login_target(next))
    }

    /// Sends whoever is signed in already on to where they wanted to go: no form is for them.
    pub(crate) async fn send_on(&self, next: Option<&str>) -> Option<HttpResponse> {
        self.email().await?;
        Some(see_other(next.unwrap_or(AFTER_LOGIN)).finish())
    }

    /// Begins a page session anew: what it held before the person was known must not be good afterwards.
    pub(crate) fn begin_anew(&self) {
        self.session.clear();
        self.session.renew();
    }

    /// Leaves a message for the next page, and sends the browser there.
    pub(crate) fn leave(&self, message: impl Into<String>, next: &str) -> Result<HttpResponse, Problem> {
        Flash::new(message).leave(&self.session)?;
        Ok(see_other(next).finish())
    }

    /// Leaves word of what did not work for the next page, and sends the browser there.
    pub(crate) fn leave_bad(&self, message: impl Into<String>, next: &str) -> Result<HttpResponse, Problem> {
        Flash::bad(message).leave(&self.session)?;
        Ok(see_other(next).finish())
    }

    /// What went wrong, in words of the visitor's language.
    pub(crate) fn explain(&self, refused: &Refused) -> String {
        let words = &self.text.problem;
        match (refused.code.as_str(), refused.wait) {
            ("too_many_attempts", Some(wait)) => {
                (words.too_many_attempts)(&self.text.time.length(rounded(wait)))
            }
            (code, _) => (words.refusal)(code).map_or_else(|| refused.detail.clone(), str::to_owned),
        }
    }

    /// The answer to what auth-service refused: where the person has to confirm who they are that comes
    /// first; otherwise the next page says why.
    pub(crate) fn refuse(&self, refused: &Refused, next: &str) -> Result<HttpResponse, Problem> {
        if refused.code == Code::ConfirmationRequired.as_str() {
            return Ok(confirm_first(next));
        }
        self.leave_bad(self.explain(refused), next)
    }
}

/// A refusal that no page explains better.
pub(crate) fn problem(refused: &Refused) -> Problem {
    let code = Code::ALL.iter().find(|code| code.as_str() == refused.code);
    let cause = format!("auth-service answered {}", refused.code);
    code.map_or_else(|| Problem::internal(cause), |code| Problem::new(*code, refused.detail.clone()))
}

/// A wait in seconds, to whole minutes above two of them.
fn rounded(wait: u64) -> u64 {
    if wait > 120 { wait.div_ceil(60) * 60 } else { wait }
}

/// Sends a person to confirm who they are, and back to `next`.
pub(crate) fn confirm_first(next: &str) -> HttpResponse {
    see_other(&format!("/account/confirm?next={next}")).finish()
}

/// The head of a response that tells of a form that was not one of this visitor's.
pub(crate) fn stale_head() -> HttpResponseBuilder {
    HttpResponse::build(status_of(Code::StaleForm))
}
