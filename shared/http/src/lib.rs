#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

pub mod access_rules;
mod body;
mod buffered_body;
pub mod client_address;
pub mod cross_site;
pub mod discovery;
pub mod draining;
mod extractors;
pub mod forwarded;
mod headers;
pub mod health;
pub mod healthcheck;
pub mod identity_headers;
pub mod internal;
pub mod navigation;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod problem;
pub mod proof;
pub mod proxy_identity;
pub mod remote_source;
pub mod replicas;
pub mod request_id;
mod request_scope;
mod routes;
pub mod serve;
pub mod token_exchange;
pub mod upstream_urls;

pub use body::{JsonObject, Success, SuccessMessage};
pub use buffered_body::buffer_body;
pub use extractors::{BODY_LIMIT_BYTES, configure, optional_json};
pub use headers::{append_cookies, cookie_fields, cookie_headers, token_headers};
pub use request_id::{REQUEST_ID, RequestId};
pub use request_scope::{
    ErrorPage, LongRequests, OwnCaching, RequestMetrics, add_headers, complete_problem, has_body,
    log_failure, request_scope,
};
pub use routes::{get, get_and_post, get_stream, method_not_allowed, post};
