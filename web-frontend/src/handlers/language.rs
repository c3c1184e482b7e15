use actix_web::{HttpResponse, http::header};
use drawbridge_http::problem::{Code, Problem};
use serde::Deserialize;

use crate::{form::Utf8Form, language::Language, pages::see_other, visit::Visit};

/// The fields of the choice below every page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageForm {
    language: String,
    next: String,
}

/// `POST /language`: remembers the choice and goes back to the page. It changes nothing that would be worth a
/// token of the visitor's, who gets no page session for looking around.
pub(crate) async fn take(
    visit: Visit,
    Utf8Form(form): Utf8Form<LanguageForm>,
) -> Result<HttpResponse, Problem> {
    let language = Language::parse(&form.language)
        .ok_or_else(|| Problem::new(Code::InvalidForm, "Choose one of en, de and fr."))?;
    let next = visit.app.frontend_origin.local_target(&form.next);
    let mut response = see_other(next.as_deref().unwrap_or("/"));
    let cookie = language.remember(visit.app.cookie.is_secure());
    Ok(response.append_header((header::SET_COOKIE, cookie)).finish())
}
