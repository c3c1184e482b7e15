//! The OpenAPI document of the JSON API on this origin. Most of it is the description that auth-service and
//! verify-service have of the endpoints that web-frontend forwards to, so it is derived when documents are generated, and
//! compiled in.

use std::sync::LazyLock;

use actix_web::web::Data;
use drawbridge_http::{
    discovery::{CHANGES_PATH, METADATA_PATH, PUBLIC_KEYS_PATH},
    openapi::{ApiDocument, MiddlewareProblems, site},
    problem::Code,
    problems,
};
use utoipa::{
    IntoResponses,
    openapi::{HttpMethod, OpenApi},
};

use crate::{
    auth_client::{AuthEndpoint, EndpointMethod},
    handlers::{api::API_ROUTES, health_ready},
    verify_client::VERIFY_PATH,
};

const MIDDLEWARE_PROBLEMS: MiddlewareProblems =
    MiddlewareProblems { on_every_request: &[], on_changes: &[Code::CrossSiteRequest] };

/// The document, as the service serves it.
pub(crate) static DOCUMENT: LazyLock<Data<ApiDocument>> = LazyLock::new(|| {
    Data::new(ApiDocument::parse(include_str!("../../docs/openapi/web-frontend.json").as_bytes()))
});

problems! {
    /// Why auth-service refuses a frontend that calls it through this origin.
    FrontendProblems: InvalidProof, UnknownKey, ProofReplayed, OriginNotRegistered
}

/// The operations of verify-service that this service forwards.
const VERIFICATION_OPERATIONS: [(&str, HttpMethod); 2] =
    [(VERIFY_PATH, HttpMethod::Post), (CHANGES_PATH, HttpMethod::Get)];

/// What `utoipa` derives from the handlers of this service.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        description = "The JSON API on the frontend's origin. The session is in a cookie that scripts cannot read. Any \
                        other path below `/api/` is answered with the code `not_found`, and any other method with \
                        `method_not_allowed`. A frontend that proves itself gets the answers of auth-service as they are, \
                        with the session token in the body."
    ),
    paths(
        drawbridge_http::health::live,
        drawbridge_http::health::serving,
        health_ready::show,
        site::show_document,
        site::show_page,
        site::show_problem,
    )
)]
struct Derived;

/// The document, with the operations of the other services that this service forwards.
pub fn document(auth_service: OpenApi, verify_service: OpenApi) -> ApiDocument {
    let mut document = <Derived as utoipa::OpenApi>::openapi();
    for (path, method) in forwarded_operations() {
        if let Some(operation) = auth_service.paths.get_path_operation(path, method.clone()) {
            let mut operation = operation.clone();
            operation.responses.responses.extend(FrontendProblems::responses());
            document.paths.add_path_operation(path, vec![method], operation);
        }
    }
    for (path, method) in VERIFICATION_OPERATIONS {
        if let Some(operation) = verify_service.paths.get_path_operation(path, method.clone()) {
            document.paths.add_path_operation(path, vec![method], operation.clone());
        }
    }
    let mut components = document.components.take().unwrap_or_default();
    components.schemas.extend(verify_service.components.unwrap_or_default().schemas);
    components.schemas.extend(auth_service.components.unwrap_or_default().schemas);
    document.components = Some(components);
    let verification = verify_service.tags.into_iter().flatten().filter(|tag| tag.name == "Verification");
    document.tags = Some(auth_service.tags.into_iter().flatten().chain(verification).collect());
    ApiDocument::complete(document, MIDDLEWARE_PROBLEMS)
}

/// The paths and methods that are answered as by auth-service.
fn forwarded_operations() -> impl Iterator<Item = (&'static str, HttpMethod)> {
    let endpoints =
        API_ROUTES.iter().flat_map(|route| route.endpoints().map(|endpoint| (route.path, endpoint.method)));
    let documents = [METADATA_PATH, PUBLIC_KEYS_PATH].map(|path| (path, EndpointMethod::Get));
    let of_frontends =
        [AuthEndpoint::TOKEN, AuthEndpoint::PREVIEW].map(|endpoint| (endpoint.path, endpoint.method));
    endpoints.chain(documents).chain(of_frontends).map(|(path, method)| match method {
        EndpointMethod::Get => (path, HttpMethod::Get),
        EndpointMethod::Post => (path, HttpMethod::Post),
        EndpointMethod::Delete => (path, HttpMethod::Delete),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_forwarded_operation_is_documented() {
        for (path, method) in forwarded_operations().chain(VERIFICATION_OPERATIONS) {
            let method = serde_json::to_value(&method).unwrap();
            let path_item = &DOCUMENT.value()["paths"][path];

            assert!(path_item.get(method.as_str().unwrap()).is_some(), "{method} {path} is missing");
        }
    }
}
