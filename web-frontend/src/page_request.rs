//! A request for a page: what every page handler needs to answer it.

use std::future::{Ready, ready};

use actix_session::{Session, SessionExt};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, dev::Payload, web};
use drawbridge_core::return_url::ReturnUrl;
use drawbridge_guard::SignedIn;
use drawbridge_http::problem::{Code, Problem};
use drawbridge_verification::Refusal;
use serde::Serialize;

use crate::{
    account::AccountDetails,
    app::App,
    auth_client::{AuthEndpoint, AuthRefusal, AuthResponse},
    csrf,
    flash::FlashMessage,
    language::Language,
    pages::{FormPage, PageLayout, see_other},
    text::{Form, Text},
};

/// The page after signing in, unless the visitor wanted another one.
pub(crate) const DEFAULT_PAGE: &str = "/private";

/// The longest wait that is shown in seconds. Longer ones are shown in whole minutes.
const EXACT_WAIT_MAX_SECONDS: u64 = 120;

/// A request for a page, with the visitor's page session and language.
pub(crate) struct PageRequest {
    pub(crate) app: web::Data<App>,
    pub(crate) http: HttpRequest,
    pub(crate) session: Session,
    pub(crate) language: Language,
    pub(crate) text: &'static Text,
}

impl FromRequest for PageRequest {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<web::Data<App>>().cloned();
        ready(app.ok_or_else(|| Problem::internal("a page handler without an App")).map(|app| {
            let language = Language::from_headers(request.headers(), app.cookie.is_secure());
            Self {
                app,
                http: request.clone(),
                session: request.get_session(),
                language,
                text: language.text(),
            }
        }))
    }
}

/// Calls to auth-service.
impl PageRequest {
    /// Calls an endpoint without a body.
    pub(crate) async fn call(&self, endpoint: AuthEndpoint) -> Result<AuthResponse, Problem> {
        self.app.auth.send(self.app.auth_request(&self.http, endpoint)).await
    }

    /// Calls an endpoint with a query string.
    pub(crate) async fn call_with_query(
        &self,
        endpoint: AuthEndpoint,
        query: String,
    ) -> Result<AuthResponse, Problem> {
        self.app.auth.send(self.app.auth_request(&self.http, endpoint).with_query(query)).await
    }

    /// Calls an endpoint with a JSON body.
    pub(crate) async fn call_with_body(
        &self,
        endpoint: AuthEndpoint,
        body: &impl Serialize,
    ) -> Result<AuthResponse, Problem> {
        self.app.auth.send(self.app.auth_request(&self.http, endpoint).with_json(body)?).await
    }

    /// Calls an endpoint with an ID in its path and a JSON body.
    pub(crate) async fn call_with_id(
        &self,
        endpoint: AuthEndpoint,
        id: &str,
        body: &impl Serialize,
    ) -> Result<AuthResponse, Problem> {
        let request = self
            .app
            .auth_request(&self.http, endpoint)
            .with_id(id)
            .ok_or_else(|| Problem::new(Code::NotFound, "Nothing has this ID."))?;
        self.app.auth.send(request.with_json(body)?).await
    }

    /// Loads the account of the signed-in user.
    pub(crate) async fn account(&self) -> Result<AccountDetails, Problem> {
        self.call(AuthEndpoint::ACCOUNT).await?.data_or_problem()
    }

    /// The e-mail address of the signed-in user, on a page that everyone may see. `None` during an outage.
    pub(crate) async fn signed_in_email(&self) -> Option<String> {
        match self.app.guard.identify(&self.http).await {
            Ok(verified) => Some(verified.user.email),
            Err(Refusal::Unavailable(cause)) => {
                tracing::warn!(cause, "cannot identify the visitor; showing the signed-out page");
                None
            }
            Err(_) => None,
        }
    }
}

/// Parts of the page in the response.
impl PageRequest {
    /// The layout of a page. On a guarded page it shows the user's e-mail address.
    pub(crate) fn layout(&self) -> PageLayout {
        let email = self.http.extensions().get::<SignedIn>().map(|person| person.user.email.clone());
        let path = self.http.uri().path_and_query().map_or("/", |path| path.as_str());
        PageLayout {
            email,
            current_path: path.to_owned(),
            flash: FlashMessage::take(&self.session),
            ..self.app.layout(self.language)
        }
    }

    /// The layout of a page that everyone may see. It shows the e-mail address of a signed-in user.
    pub(crate) async fn public_layout(&self) -> PageLayout {
        PageLayout { email: self.signed_in_email().await, ..self.layout() }
    }

    /// A page with a form that is submitted to `action`.
    pub(crate) fn form_page(
        &self,
        layout: PageLayout,
        form: &Form,
        action: &'static str,
    ) -> Result<FormPage, Problem> {
        Ok(FormPage::new(layout, self.csrf_token()?, form, action))
    }

    /// The CSRF token for the visitor's forms.
    pub(crate) fn csrf_token(&self) -> Result<String, Problem> {
        csrf::token(&self.session)
    }

    /// Returns true if a submitted form carries the visitor's CSRF token.
    pub(crate) fn has_valid_csrf_token(&self, submitted: &str) -> bool {
        csrf::is_valid(&self.session, submitted)
    }

    /// Explains a refusal in the visitor's language.
    pub(crate) fn explain(&self, refusal: &AuthRefusal) -> String {
        let text = &self.text.problem;
        match refusal.retry_after_seconds {
            Some(wait) if refusal.is(Code::TooManyAttempts) => {
                (text.too_many_attempts)(&self.text.time.length(round_wait(wait)))
            }
            _ => (text.refusal)(&refusal.code).map_or_else(|| refusal.detail.clone(), str::to_owned),
        }
    }
}

/// Where the visitor goes next.
impl PageRequest {
    /// Where to go after signing in: a path on this origin, or a URL on a registered one. `None` if `next` is neither,
    /// or if it is unknown whether its origin is registered.
    pub(crate) async fn return_target(&self, next: Option<&str>) -> Option<String> {
        let Some(url) = ReturnUrl::parse(next?) else { return self.return_path(next) };
        let app = &self.app;
        let browser = app.browser_context(&self.http);
        let is_registered = app.registered_origins.contain(url.origin(), &app.auth, browser).await;
        is_registered.then(|| url.to_string())
    }

    /// The path to go to after a form. `None` if `next` is not on this origin, or is a sign-in form itself.
    pub(crate) fn return_path(&self, next: Option<&str>) -> Option<String> {
        let target = self.app.frontend_origin.local_target(next?)?;
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let is_sign_in_form =
            matches!(path, "/register" | "/logout" | "/login") || path.starts_with("/login/");
        (!is_sign_in_form).then_some(target)
    }

    /// The path of the sign-in page, which returns to `next` afterwards.
    pub(crate) fn login_path(&self, next: Option<&str>) -> String {
        next.map_or_else(|| "/login".to_owned(), |next| self.app.guard.login_target(next))
    }

    /// Redirects a visitor who is already signed in.
    pub(crate) async fn redirect_if_signed_in(&self, next: Option<&str>) -> Option<HttpResponse> {
        self.signed_in_email().await?;
        Some(see_other(next.unwrap_or(DEFAULT_PAGE)).finish())
    }

    /// Redirects to `path`, where the message is shown.
    pub(crate) fn redirect_with_message(
        &self,
        message: impl Into<String>,
        path: &str,
    ) -> Result<HttpResponse, Problem> {
        FlashMessage::success(message).store(&self.session)?;
        Ok(see_other(path).finish())
    }

    /// Redirects to `path`, where the error is shown.
    pub(crate) fn redirect_with_error(
        &self,
        message: impl Into<String>,
        path: &str,
    ) -> Result<HttpResponse, Problem> {
        FlashMessage::error(message).store(&self.session)?;
        Ok(see_other(path).finish())
    }

    /// Starts a new, empty page session when a user signs in or out, so that nothing from the old one stays
    /// valid.
    pub(crate) fn reset_session(&self) {
        self.session.clear();
        self.session.renew();
    }
}

/// Rounds a long wait up to whole minutes.
fn round_wait(seconds: u64) -> u64 {
    if seconds > EXACT_WAIT_MAX_SECONDS { seconds.div_ceil(60) * 60 } else { seconds }
}
