use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{Method, header, uri::PathAndQuery},
    middleware::Next,
    web,
};
use drawbridge_http::{
    ErrorPage, RequestId, log_failure,
    navigation::is_script,
    problem::{Code, Problem},
};
use drawbridge_verification::Refusal;

use crate::{
    app::App,
    handlers::upstream::step_up_target,
    language::Language,
    pages::{PageLayout, PageLink, ProblemPage, render_into},
    text::Text,
};

/// Renders every [`Problem`] as a page, if the client accepts HTML.
pub(crate) async fn render_problems<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(renderer) = ProblemRenderer::for_request(&request) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let response = match next.call(request).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => return Err(renderer.render_error(error)),
    };
    let problem = response.response().extensions().get::<Problem>().cloned();
    let Some(problem) = problem else { return Ok(response) };
    let mut page = renderer.render(&problem);
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        page.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    Ok(response.into_response(page))
}

/// What the error page needs from the request. Actix drops the request when a handler fails.
struct ProblemRenderer {
    app: web::Data<App>,
    language: Language,
    request_id: Option<RequestId>,
    /// The path and query of the page that the browser opens, or of the page with the form that it submits.
    page: Option<String>,
}

impl ProblemRenderer {
    /// `None` if the client does not accept pages.
    fn for_request(request: &ServiceRequest) -> Option<Self> {
        let accept = request.headers().get(header::ACCEPT)?.to_str().ok()?;
        let app = request.app_data::<web::Data<App>>()?;
        if !accept.contains("text/html")
            || is_script(request.headers())
            || request.path().starts_with(&app.pages.at("/api/"))
        {
            return None;
        }
        Some(Self {
            app: app.clone(),
            language: Language::from_headers(request.headers(), app.cookie.is_secure()),
            request_id: RequestId::of(request),
            page: page_of(request, app),
        })
    }

    fn render_error(&self, error: Error) -> Error {
        match error.as_error::<Problem>() {
            Some(problem) => {
                let page = self.render(problem);
                InternalError::from_response(error, page).into()
            }
            None => error,
        }
    }

    fn render(&self, problem: &Problem) -> HttpResponse {
        log_failure(problem);
        let request_id = self.request_id.as_ref().map_or("", RequestId::as_str);
        let layout = PageLayout { has_menu: false, ..self.app.layout(self.language) };
        let remedy = self.find_remedy(problem.code(), layout.text);
        match render_into(problem.response_head(), &ProblemPage { layout, problem, request_id, remedy }) {
            Ok(mut response) => {
                response.extensions_mut().insert(ErrorPage);
                response
            }
            Err(problem) => HttpResponse::from_error(problem),
        }
    }
}

impl ProblemRenderer {
    /// The page where the user can do something about the problem.
    fn find_remedy(&self, code: Code, text: &'static Text) -> Option<PageLink> {
        let page = self.page.as_ref()?;
        if code == Code::ConfirmationRequired {
            return Some(PageLink::new(text.confirm.form.title, step_up_target(&self.app, page)));
        }
        is_about_session(code).then(|| PageLink::new(text.frame.sign_in, self.app.guard.login_target(page)))
    }
}

/// Returns true if a browser gets this code because it has no valid session, so that signing in may help.
fn is_about_session(code: Code) -> bool {
    let is_diagnosis = matches!(
        code,
        Code::CookieMissing
            | Code::CookieOtherName
            | Code::CookieOtherHost
            | Code::CookieDuplicate
            | Code::TlsMissing
            | Code::ClockSkew
    );
    is_diagnosis || Refusal::from_code(code.as_str()).is_some()
}

fn page_of(request: &ServiceRequest, app: &App) -> Option<String> {
    if request.method() == Method::GET {
        return Some(request.uri().path_and_query().map_or("/", PathAndQuery::as_str).to_owned());
    }
    let referrer = request.headers().get(header::REFERER)?.to_str().ok()?;
    app.frontend_origin.local_target(referrer.strip_prefix(&app.frontend_origin.to_string())?)
}
