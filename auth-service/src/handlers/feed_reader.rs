use actix_web::HttpResponse;
use drawbridge_http::{
    Success,
    problem::{Code, Problem},
    problems,
};
use serde::Serialize;

use crate::{caller::Caller, request_context::RequestContext};

/// Who may read the change feed.
#[derive(Serialize, utoipa::ToSchema)]
struct FeedReaderResponse {
    /// False for web-frontend.
    is_registered: bool,
}

problems! {
    /// Why the caller may not read the change feed.
    FeedReaderProblems: ProofRequired
}

/// `GET /api/changes`: checks the proof of a caller of the change feed, which verify-service serves. The proof covers this
/// path, so verify-service asks with the request that it has received.
#[utoipa::path(
    get,
    path = "/api/changes",
    operation_id = "check_feed_reader",
    tag = "Frontends",
    responses(
        (status = 200, description = "The caller may read the change feed", body = Success<FeedReaderResponse>),
        FeedReaderProblems
    )
)]
pub(crate) async fn check(context: RequestContext) -> Result<HttpResponse, Problem> {
    let is_registered = match &context.caller {
        Caller::Direct => {
            let detail = "Prove which frontend you are, with a proof or the frontend's key.";
            return Err(Problem::new(Code::ProofRequired, detail));
        }
        Caller::WebFrontend { .. } => false,
        Caller::Frontend(_) => true,
    };
    Ok(HttpResponse::Ok()
        .json(Success::with("May read the change feed", FeedReaderResponse { is_registered })))
}
