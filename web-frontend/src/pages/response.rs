use actix_web::{HttpResponse, HttpResponseBuilder, http::header};
use askama::Template;
use drawbridge_http::problem::Problem;

/// What a page may load and do: stylesheets, scripts, images, forms and API calls of this origin only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Completes a response with a page and the headers of every page.
///
/// # Errors
/// The template cannot be rendered.
pub(crate) fn render_into(
    mut response: HttpResponseBuilder,
    page: &impl Template,
) -> Result<HttpResponse, Problem> {
    let html = page.render().map_err(Problem::internal)?;
    Ok(response
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .body(html))
}

/// Responds with a page.
///
/// # Errors
/// The template cannot be rendered.
pub(crate) fn render(page: &impl Template) -> Result<HttpResponse, Problem> {
    render_into(HttpResponse::Ok(), page)
}

/// Starts a redirect after a form, so that reloading the page does not submit the form again.
pub(crate) fn see_other(path: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, path));
    response
}
