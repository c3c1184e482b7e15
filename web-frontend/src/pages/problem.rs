//! Failures as pages, for whoever waits for one.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header,
    middleware::Next,
    web,
};
use askama::Template;
use drawbridge_http::{Rendered, RequestId, log_failure, problem::Problem};

use super::{Frame, send};
use crate::{app::App, language::Language};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame,
    problem: &'a Problem,
    request_id: &'a str,
}

impl ProblemPage<'_> {
    fn title(&self) -> &'static str {
        let code = self.problem.code();
        (self.frame.text.problem.title)(code.as_str()).unwrap_or(code.title())
    }

    /// What is wrong, in the visitor's language where it is said in it, and what is for whoever runs the site,
    /// which is said in English alone.
    fn paragraphs(&self) -> Vec<Paragraph<'_>> {
        let said = (self.frame.text.problem.detail)(self.problem.code().as_str());
        let paragraphs = self.problem.detail().split("\n\n").enumerate();
        let paragraphs = paragraphs.map(|(at, paragraph)| match said {
            Some(said) if at == 0 => Paragraph { text: said, is_foreign: false },
            _ => Paragraph { text: paragraph, is_foreign: self.frame.language != Language::English },
        });
        paragraphs.collect()
    }

    fn is_outage(&self) -> bool {
        self.problem.code().status() == 503
    }
}

struct Paragraph<'a> {
    text: &'a str,
    is_foreign: bool,
}

/// For whom a page of a failure is made.
struct Reader {
    app: web::Data<App>,
    language: Language,
    id: Option<RequestId>,
}

/// Turns a problem into a page where the client reads HTML.
pub(crate) async fn as_pages<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let wants_page =
        accept.is_some_and(|accept| accept.contains("text/html")) && !request.path().starts_with("/api/");
    let reader = request.app_data::<web::Data<App>>().filter(|_| wants_page).map(|app| Reader {
        language: Language::of(request.headers(), app.cookie.is_secure()),
        app: app.clone(),
        id: RequestId::of(&request),
    });
    let Some(reader) = reader else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let response = match next.call(request).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => return Err(page_of(error, reader)),
    };
    let problem = response.response().extensions().get::<Problem>().cloned();
    let Some(problem) = problem else { return Ok(response) };
    log_failure(&problem);
    let mut page = page(&problem, reader);
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        page.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    Ok(response.into_response(page))
}

fn page_of(error: Error, reader: Reader) -> Error {
    match error.as_error::<Problem>() {
        Some(problem) => {
            log_failure(problem);
            let page = page(problem, reader);
            InternalError::from_response(error, page).into()
        }
        None => error,
    }
}

fn page(problem: &Problem, reader: Reader) -> HttpResponse {
    let request_id = reader.id.as_ref().map_or("", RequestId::as_str);
    let frame = Frame { plain: true, ..Frame::plain(reader.app, reader.language) };
    let page = ProblemPage { frame, problem, request_id };
    match send(problem.response_head(), &page) {
        Ok(mut response) => {
            response.extensions_mut().insert(Rendered);
            response
        }
        Err(problem) => HttpResponse::from_error(problem),
    }
}
