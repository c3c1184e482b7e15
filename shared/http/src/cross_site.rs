//! Requests that change something must not come from another site's page.

use actix_web::{
    Error, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
};

use crate::problem::{Code, Problem};
use drawbridge_core::origin::Origin;

/// The origins whose pages may change something: application data for [`refuse_cross_site`].
#[derive(Debug, Clone)]
pub struct OwnOrigins(pub Vec<Origin>);

/// Refuses requests that change something and come from another site's page.
///
/// Browsers say where a request comes from: `Sec-Fetch-Site`, and `Origin`. A client that says neither
/// is no browser, and nobody can make it send another person's cookie.
pub async fn refuse_cross_site<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_from_here(request.request()) {
        let detail = "Send the request from a page of this site.";
        return Err(Problem::new(Code::CrossSiteRequest, detail).into());
    }
    next.call(request).await
}

/// Whether a page of one of [`OwnOrigins`] sent a request, or no page at all.
pub fn is_from_here(request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = header("sec-fetch-site");
    if site.is_some_and(|site| matches!(site, "same-origin" | "none")) {
        return true;
    }
    match header(header::ORIGIN.as_str()) {
        Some(origin) => request
            .app_data::<OwnOrigins>()
            .is_some_and(|own| own.0.iter().any(|own| own.to_string() == origin)),
        None => site.is_none(),
    }
}
