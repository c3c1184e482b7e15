use actix_web::{HttpResponse, web};
use drawbridge_http::{Success, openapi::TokenProblems};
use drawbridge_verification::Verified;

use crate::{app::App, error::Error, request_context::RequestContext};

/// `GET /api/me`: returns the signed-in user, verified against the database.
#[utoipa::path(
    get,
    path = "/api/me",
    operation_id = "get_user",
    tag = "Account",
    responses(
        (status = 200, description = "The user and the session", body = Success<Verified>),
        TokenProblems
    )
)]
pub(crate) async fn me(app: web::Data<App>, context: RequestContext) -> Result<HttpResponse, Error> {
    let grant = app.verifier.verify_request(&context.tokens, context.accepted_tokens(&app)).await?;
    Ok(HttpResponse::Ok().json(Success::with("Signed in", grant)))
}
