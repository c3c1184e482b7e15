//! The OpenAPI document of the public port.

use std::sync::LazyLock;

use actix_web::web::Data;
use drawbridge_http::openapi::{ApiDocument, MiddlewareProblems, site};
use utoipa::OpenApi;

use crate::handlers::{auth_request, changes, forward_auth, health_ready, verify};

/// No middleware refuses requests.
const MIDDLEWARE_PROBLEMS: MiddlewareProblems = MiddlewareProblems { on_every_request: &[], on_changes: &[] };

/// The document, as the service serves it.
pub(crate) static DOCUMENT: LazyLock<Data<ApiDocument>> = LazyLock::new(|| Data::new(document()));

/// What `utoipa` derives from the handlers.
#[derive(OpenApi)]
#[openapi(
    info(description = "Whose token is this, and is it still valid? Any other path is answered with the code \
                        `not_found`, and any other method with `method_not_allowed`."),
    paths(
        verify::verify,
        changes::follow,
        auth_request::auth_request,
        forward_auth::forward_auth,
        forward_auth::forward_auth_with_path,
        drawbridge_http::health::live,
        drawbridge_http::health::serving,
        health_ready::ready,
        site::show_document,
        site::show_page,
        site::show_problem,
    ),
    tags(
        (name = "Verification", description = "For programs that receive a token."),
        (name = "Gateways", description = "For gateways, which ask before they forward a request. See the guide to \
                                           forward-auth."),
        (name = "Operation", description = "For load balancers and orchestrators."),
        (name = "Documentation", description = "This description, and a page for each code.")
    )
)]
struct Derived;

/// The description before it is completed, for the document of a service that forwards requests.
pub fn derived() -> utoipa::openapi::OpenApi {
    Derived::openapi()
}

/// The document.
pub fn document() -> ApiDocument {
    ApiDocument::complete(derived(), MIDDLEWARE_PROBLEMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_documented() {
        let document = document();
        let paths = document.value()["paths"].as_object().unwrap();
        let routes =
            include_str!("routes.rs").split('"').filter(|text| text.starts_with('/') && !text.contains('\n'));

        // Actix needs a pattern for a parameter that contains slashes.
        let routes = routes.map(|route| route.replace(":.*", ""));
        let missing: Vec<_> = routes.filter(|route| !paths.contains_key(route)).collect();

        assert!(missing.is_empty(), "{missing:?}");
    }
}
