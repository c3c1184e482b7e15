//! A request for a page: what every page handler needs to answer it.

use std::{
    future::{Ready, ready},
    time::Instant,
};

use actix_session::{Session, SessionExt};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, dev::Payload, http::Method, web};
use drawbridge_core::return_url::ReturnUrl;
use drawbridge_guard::{SignedIn, count_sign_in};
use drawbridge_http::{
    append_cookies,
    problem::{Code, Problem},
};
use drawbridge_verification::Refusal;
use serde::Serialize;

use crate::{
    account::AccountDetails,
    app::App,
    auth_client::{AuthEndpoint, AuthRefusal, AuthRequest, AuthResponse},
    csrf,
    flash::FlashMessage,
    handlers::forms::NextQuery,
    language::Language,
    page_query,
    pages::{FormPage, PageLayout, onward_page, see_other},
    pending_login::PendingLogin,
    submissions::SubmissionKey,
    text::{Form, Text},
};

/// The longest path to return to, in bytes. It is part of URLs, which proxies limit.
const RETURN_PATH_MAX_BYTES: usize = 8 * 1024;

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

/// Calls to auth-service. A form that is submitted twice gets the same answer twice.
impl PageRequest {
    /// Calls an endpoint without a body.
    pub(crate) async fn call(&self, endpoint: AuthEndpoint) -> Result<AuthResponse, Problem> {
        self.send(self.app.auth_request(&self.http, endpoint)).await
    }

    /// Calls an endpoint with a query string.
    pub(crate) async fn call_with_query(
        &self,
        endpoint: AuthEndpoint,
        query: String,
    ) -> Result<AuthResponse, Problem> {
        self.send(self.app.auth_request(&self.http, endpoint).with_query(query)).await
    }

    /// Calls an endpoint with a JSON body.
    pub(crate) async fn call_with_body(
        &self,
        endpoint: AuthEndpoint,
        body: &impl Serialize,
    ) -> Result<AuthResponse, Problem> {
        self.send(self.app.auth_request(&self.http, endpoint).with_json(body)?).await
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
        self.send(request.with_json(body)?).await
    }

    async fn send(&self, request: AuthRequest) -> Result<AuthResponse, Problem> {
        match self.submission() {
            Some(form) if self.app.submissions.is_accepted(&form, Instant::now()) => {
                let auth = self.app.auth.clone();
                let call = request.submission_call(&form);
                self.app.submissions.call_once(call, async move { auth.send(request).await }).await
            }
            _ => self.app.auth.send(request).await,
        }
    }

    /// The submitted form, if the request has one.
    fn submission(&self) -> Option<SubmissionKey> {
        self.http.extensions().get().copied()
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
        action: &str,
    ) -> Result<FormPage, Problem> {
        Ok(FormPage::new(layout, self.csrf_token()?, form, self.at(action)))
    }

    /// The CSRF token for the visitor's forms.
    pub(crate) fn csrf_token(&self) -> Result<String, Problem> {
        csrf::token(&self.session)
    }

    /// Returns true if a submitted form carries the visitor's CSRF token. That of an equal submission may have been
    /// replaced since then.
    pub(crate) fn has_valid_csrf_token(&self, submitted: &str) -> bool {
        let is_valid = csrf::is_valid(&self.session, submitted);
        let Some(form) = self.submission() else { return is_valid };
        if is_valid {
            self.app.submissions.accept(form, Instant::now());
        }
        is_valid || self.app.submissions.is_accepted(&form, Instant::now())
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
    /// The path of one of our own pages, such as `/login`, on this origin.
    pub(crate) fn at(&self, path: &str) -> String {
        self.app.pages.at(path)
    }

    /// The page after signing in, unless the visitor wanted another one.
    pub(crate) fn default_page(&self) -> &str {
        &self.app.default_page
    }

    /// The pending login of the page session.
    pub(crate) async fn pending_login(&self) -> Option<PendingLogin> {
        let pending = PendingLogin::find(&self.session)?;
        let next = match pending.next {
            Some(next) => Some(next),
            None => self.carried_target().await,
        };
        Some(PendingLogin { next, ..pending })
    }

    /// Where to go after signing in, if the URL of this page says so.
    pub(crate) async fn carried_target(&self) -> Option<String> {
        let NextQuery { next } = page_query::parse(self.http.query_string());
        self.return_target(next.as_deref()).await
    }

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
        if target.len() > RETURN_PATH_MAX_BYTES {
            return None;
        }
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let own_path = self.app.pages.strip(path).unwrap_or_default();
        let is_sign_in_form =
            matches!(own_path, "/register" | "/logout" | "/login") || own_path.starts_with("/login/");
        (!is_sign_in_form).then_some(target)
    }

    /// The path of the sign-in page, which returns to `next` afterwards.
    pub(crate) fn login_path(&self, next: Option<&str>) -> String {
        next.map_or_else(|| self.at("/login"), |next| self.app.guard.login_target(next))
    }

    /// Redirects a visitor who is already signed in.
    pub(crate) async fn redirect_if_signed_in(&self, next: Option<&str>) -> Option<HttpResponse> {
        self.signed_in_email().await?;
        let mut redirect = self.leave_form(next.unwrap_or(self.default_page()), Vec::new()).ok()?;
        let count = count_sign_in(self.http.headers(), self.app.cookie.is_secure());
        append_cookies(redirect.headers_mut(), count);
        Some(redirect)
    }

    /// Goes to `target` after a form, with these cookies.
    ///
    /// Browsers apply `form-action` of the form's page to every redirect that follows, and an application may redirect
    /// to any origin, such as that of an identity provider. The way to an upstream therefore leads over a page, where the
    /// redirects of the form end.
    ///
    /// # Errors
    /// The page cannot be rendered.
    pub(crate) fn leave_form(&self, target: &str, cookies: Vec<String>) -> Result<HttpResponse, Problem> {
        let is_form = self.http.method() == Method::POST;
        let mut response = if is_form && self.app.leads_to_upstream(target) {
            // The message of this page is for the next one.
            onward_page(PageLayout { has_menu: false, ..self.app.layout(self.language) }, target)?
        } else {
            see_other(target).finish()
        };
        append_cookies(response.headers_mut(), cookies);
        Ok(response)
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
