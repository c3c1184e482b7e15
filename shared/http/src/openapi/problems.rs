use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::{RefOr, Response, ResponseBuilder, extensions::ExtensionsBuilder};

use super::operations::{LISTED_PROBLEMS, LISTED_PROBLEMS_PREFIX};
use crate::problem::Code;

/// What [`utoipa::IntoResponses`] returns.
pub type ProblemResponses = BTreeMap<String, RefOr<Response>>;

/// Declares a list of codes for `responses(…)` of `#[utoipa::path]`: an operation returns each code with its own status,
/// or all of them with the status after `as`. An operation may name several lists.
///
/// ```
/// drawbridge_http::problems! {
///     /// Why a document is not found.
///     DocumentProblems: NotFound, InvalidName
/// }
/// ```
#[macro_export]
macro_rules! problems {
    ($(#[$doc:meta])* $visibility:vis $name:ident $(as $status:literal)?: $($code:ident),+ $(,)?) => {
        $(#[$doc])*
        $visibility enum $name {}

        impl ::utoipa::IntoResponses for $name {
            fn responses() -> $crate::openapi::ProblemResponses {
                const STATUS: &[u16] = &[$($status)?];
                const CODES: &[$crate::problem::Code] = &[$($crate::problem::Code::$code),+];
                $crate::openapi::list_problems(stringify!($name), CODES, STATUS.first().copied())
            }
        }
    };
}

problems! {
    /// Why a session token or an access token is refused.
    #[derive(Debug)]
    pub TokenProblems: MissingToken, InvalidToken, ExpiredToken, UserNotFound, UserDisabled, SessionRevoked
}

/// A list of codes in the form of a response, until [`ApiDocument::complete`](super::ApiDocument::complete) replaces it
/// with one response per status.
pub fn list_problems(name: &str, codes: &[Code], status: Option<u16>) -> ProblemResponses {
    let codes: Vec<_> = codes
        .iter()
        .map(|code| json!({"code": code.as_str(), "status": status.unwrap_or(code.status())}))
        .collect();
    let extensions = ExtensionsBuilder::new().add(LISTED_PROBLEMS, codes).build();
    let response = ResponseBuilder::new().extensions(Some(extensions)).build();
    BTreeMap::from([(format!("{LISTED_PROBLEMS_PREFIX}{name}"), RefOr::T(response))])
}
