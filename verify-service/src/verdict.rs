//! The verdict on a request: is its token valid, and should it be renewed? The fast path and the handlers
//! share it, so that every request is verified and counted once.

use actix_web::http::header::HeaderMap;
use drawbridge_http::token_headers;
use drawbridge_verification::{Grant, Refusal, token::AcceptedTokens};

use crate::app::App;

/// A valid token, or why the request is refused.
pub(crate) type Verdict = Result<Grant, Refusal>;

/// Verifies all tokens of a request.
pub(crate) async fn verify(app: &App, headers: &HeaderMap, accepted: AcceptedTokens<'_>) -> Verdict {
    app.verifier.verify_request(&app.cookie.tokens(&token_headers(headers)), accepted).await
}

/// Returns true if the response to a gateway should carry a new token: the old one is past half its lifetime,
/// and this service has not just renewed it.
pub(crate) fn is_renewal_due(app: &App, grant: &Grant) -> bool {
    app.renewal.as_ref().is_some_and(|renewal| {
        let session = grant.session();
        session.is_renewal_due(app.clock.now()) && renewal.may_renew(session.id)
    })
}
