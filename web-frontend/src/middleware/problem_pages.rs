use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header,
    middleware::Next,
    web,
};
use drawbridge_http::{ErrorPage, RequestId, log_failure, problem::Problem};

use crate::{
    app::App,
    language::Language,
    pages::{PageLayout, ProblemPage, render_into},
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
}

impl ProblemRenderer {
    /// `None` if the client does not accept pages.
    fn for_request(request: &ServiceRequest) -> Option<Self> {
        let accept = request.headers().get(header::ACCEPT)?.to_str().ok()?;
        if !accept.contains("text/html") || request.path().starts_with("/api/") {
            return None;
        }
        let app = request.app_data::<web::Data<App>>()?;
        Some(Self {
            app: app.clone(),
            language: Language::from_headers(request.headers(), app.cookie.is_secure()),
            request_id: RequestId::of(request),
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
        match render_into(problem.response_head(), &ProblemPage { layout, problem, request_id }) {
            Ok(mut response) => {
                response.extensions_mut().insert(ErrorPage);
                response
            }
            Err(problem) => HttpResponse::from_error(problem),
        }
    }
}
