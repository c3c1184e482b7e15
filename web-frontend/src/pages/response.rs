use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{self, HeaderValue},
};
use askama::Template;
use drawbridge_core::{origin::Origin, return_url::ReturnUrl};
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

/// Allows the forms of a page to redirect to `target`, if it is a URL on another origin: browsers apply `form-action`
/// to redirects as well.
pub(crate) fn allow_form_target(mut response: HttpResponse, target: Option<&str>) -> HttpResponse {
    if let Some(url) = target.and_then(ReturnUrl::parse)
        && let Ok(policy) = HeaderValue::from_str(&policy_with_form_target(url.origin()))
    {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn policy_with_form_target(origin: &Origin) -> String {
    CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action 'self' {origin}"))
}

/// Responds with a page.
///
/// # Errors
/// The template cannot be rendered.
pub(crate) fn render(page: &impl Template) -> Result<HttpResponse, Problem> {
    render_into(HttpResponse::Ok(), page)
}

/// Starts a redirect after a form, so that reloading the page does not submit the form again.
pub(crate) fn see_other(target: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, target));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_action(target: Option<&str>) -> String {
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY));
        let response = allow_form_target(response.finish(), target);
        let policy = response.headers().get(header::CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        let mut directives = policy.split("; ").filter(|directive| directive.starts_with("form-action "));
        directives.next().unwrap().to_owned()
    }

    #[test]
    fn forms_may_end_on_one_other_origin() {
        for (target, expected) in [
            (None, "form-action 'self'"),
            (Some("/private"), "form-action 'self'"),
            (Some("https://shop.example.com/a?b"), "form-action 'self' https://shop.example.com"),
            (Some("https://a;b.example.com/"), "form-action 'self'"),
        ] {
            assert_eq!(form_action(target), expected, "{target:?}");
        }
    }
}
