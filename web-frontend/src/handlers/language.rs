use actix_web::HttpResponse;
use drawbridge_http::{
    cookie_headers,
    problem::{Code, Problem},
};
use serde::Deserialize;

use crate::{language::Language, page_request::PageRequest, pages::see_other, utf8_form::Utf8Form};

/// The form at the bottom of every page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageForm {
    language: String,
    next: String,
}

/// `POST /language`: stores the choice and returns to the page. The form has no CSRF token: a forged choice
/// does no harm, and visitors who only look around need no page session.
pub(crate) async fn submit(
    request: PageRequest,
    Utf8Form(form): Utf8Form<LanguageForm>,
) -> Result<HttpResponse, Problem> {
    let language = Language::parse(&form.language)
        .ok_or_else(|| Problem::new(Code::InvalidForm, "Choose one of en, de and fr."))?;
    let next = request.app.frontend_origin.local_target(&form.next);
    let mut response = see_other(next.as_deref().unwrap_or("/"));
    for header in cookie_headers([language.set_cookie(request.app.cookie.is_secure())]) {
        response.append_header(header);
    }
    Ok(response.finish())
}
