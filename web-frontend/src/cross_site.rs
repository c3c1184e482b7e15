use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web,
};
use shared::problem::{Code, Problem};

use crate::app::App;

/// Refuses requests that change something and come from another site's page.
///
/// Browsers say where a request comes from: `Sec-Fetch-Site`, or `Origin` on older ones. A client
/// that says neither is no browser, and nobody can make it send another person's cookie.
pub(crate) async fn refuse_cross_site<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_from_here(&request) {
        let detail = "Send the request from a page of this site.";
        return Err(Problem::new(Code::CrossSiteRequest, detail).into());
    }
    next.call(request).await
}

fn is_from_here(request: &ServiceRequest) -> bool {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = header("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = header(header::ORIGIN.as_str()) else { return true };
    request.app_data::<web::Data<App>>().is_some_and(|app| app.frontend_origin.to_string() == origin)
}
