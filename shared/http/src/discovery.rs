//! The documents in which a deployment describes itself to other programs. auth-service publishes them, and
//! web-frontend serves copies of them.

use actix_web::{
    HttpResponse,
    http::header::{CacheControl, CacheDirective},
    web::Bytes,
};

/// The path of the deployment's metadata (RFC 8414, 3).
pub const METADATA_PATH: &str = "/.well-known/oauth-authorization-server";

/// The path of the public keys (RFC 7517, 5).
pub const PUBLIC_KEYS_PATH: &str = "/.well-known/jwks.json";

/// The path of the change feed, which verify-service serves.
pub const CHANGES_PATH: &str = "/api/changes";

/// How long clients may cache a document, in seconds. A new key is published long before it signs.
const MAX_AGE_SECONDS: u32 = 60;

/// The response that contains a document.
pub fn public_document(json: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(CacheControl(vec![CacheDirective::Public, CacheDirective::MaxAge(MAX_AGE_SECONDS)]))
        .body(json)
}
