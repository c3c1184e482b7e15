use actix_web::{HttpResponse, web};
use drawbridge_http::Success;

use crate::{app::App, error::Error, request_context::RequestContext};

/// `GET /api/me`: returns the signed-in user, verified against the database.
pub(crate) async fn me(app: web::Data<App>, context: RequestContext) -> Result<HttpResponse, Error> {
    let grant = app.verifier.verify_request(&context.tokens).await?;
    Ok(HttpResponse::Ok().json(Success::with("Signed in", grant)))
}
