use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::problem::Problem;

use crate::{
    answers::ValidTokenBody,
    app::App,
    verdict::{self, Verdict},
};

/// `POST /api/verify`: verifies the token in the session cookie or in `Authorization: Bearer`.
pub(crate) async fn verify(
    app: web::Data<App>,
    request: HttpRequest,
    _: web::Bytes,
) -> Result<HttpResponse, Problem> {
    respond(verdict::verify(&app, request.headers()).await)
}

/// The response to a verdict.
pub(crate) fn respond(verdict: Verdict) -> Result<HttpResponse, Problem> {
    let grant = verdict?;
    Ok(HttpResponse::Ok().json(ValidTokenBody::new(&grant)))
}
