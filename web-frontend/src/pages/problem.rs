//! Failures as pages, for whoever waits for one.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header,
    middleware::Next,
};
use askama::Template;
use shared::{
    http::{Rendered, RequestId, log_failure},
    problem::Problem,
};

use super::{Frame, send};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame,
    problem: &'a Problem,
    request_id: &'a str,
}

impl ProblemPage<'_> {
    fn title(&self) -> &'static str {
        self.problem.code().title()
    }

    fn is_outage(&self) -> bool {
        self.problem.code().status().as_u16() == 503
    }
}

/// Turns a problem into a page where the client reads HTML.
pub(crate) async fn as_pages<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let wants_page =
        accept.is_some_and(|accept| accept.contains("text/html")) && !request.path().starts_with("/api/");
    let id = RequestId::of(&request);
    let response = match next.call(request).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) if wants_page => return Err(page_of(error, id.as_ref())),
        Err(error) => return Err(error),
    };
    if !wants_page {
        return Ok(response);
    }
    let problem = response.response().extensions().get::<Problem>().cloned();
    let Some(problem) = problem else { return Ok(response) };
    log_failure(&problem);
    let mut page = page(&problem, id.as_ref());
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        page.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    Ok(response.into_response(page))
}

fn page_of(error: Error, id: Option<&RequestId>) -> Error {
    match error.as_error::<Problem>() {
        Some(problem) => {
            log_failure(problem);
            let page = page(problem, id);
            InternalError::from_response(error, page).into()
        }
        None => error,
    }
}

fn page(problem: &Problem, id: Option<&RequestId>) -> HttpResponse {
    let request_id = id.map_or("", RequestId::as_str);
    let page = ProblemPage { frame: Frame { plain: true, ..Frame::default() }, problem, request_id };
    match send(problem.response_head(), &page) {
        Ok(mut response) => {
            response.extensions_mut().insert(Rendered);
            response
        }
        Err(problem) => HttpResponse::from_error(problem),
    }
}
