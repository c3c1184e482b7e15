//! Protection against cross-site requests.

use std::sync::Arc;

use actix_web::{
    Error, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
};

use crate::problem::{Code, Problem};
use drawbridge_core::origin::Origin;

/// The origins whose pages may send changing requests: application data for [`refuse_cross_site`].
#[derive(Debug, Clone)]
pub struct OwnOrigins(pub Vec<Origin>);

/// Further origins whose pages may send changing requests, which can change while the service runs: application data
/// for [`refuse_cross_site`].
#[derive(Clone)]
pub struct RegisteredOrigins(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl RegisteredOrigins {
    /// The origins, as in the header `Origin`, for which `contains` returns true.
    pub fn new(contains: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(contains))
    }
}

/// Refuses changing requests from pages of other sites.
///
/// Browsers send `Sec-Fetch-Site` or `Origin`. A client that sends neither is not a browser, and no page can make it
/// send another person's cookie.
pub async fn refuse_cross_site<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_same_site(request.request()) {
        let detail = "Send the request from a page of this site.";
        return Err(Problem::new(Code::CrossSiteRequest, detail).into());
    }
    next.call(request).await
}

/// Returns true if a request comes from a page of [`OwnOrigins`] or [`RegisteredOrigins`], or from no page at all.
pub fn is_same_site(request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = header("sec-fetch-site");
    if site.is_some_and(|site| matches!(site, "same-origin" | "none")) {
        return true;
    }
    match header(header::ORIGIN.as_str()) {
        Some(origin) => is_own_origin(request, origin) || is_registered_origin(request, origin),
        None => site.is_none(),
    }
}

/// Returns true if `origin`, as in the header `Origin`, is one of [`OwnOrigins`].
pub fn is_own_origin(request: &HttpRequest, origin: &str) -> bool {
    let own = request.app_data::<OwnOrigins>();
    own.is_some_and(|own| own.0.iter().any(|own| own.to_string() == origin))
}

fn is_registered_origin(request: &HttpRequest, origin: &str) -> bool {
    request.app_data::<RegisteredOrigins>().is_some_and(|registered| (registered.0)(origin))
}
