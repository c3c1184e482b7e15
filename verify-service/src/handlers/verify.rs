use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use shared::{problem::Problem, verification::Verified};

use crate::app::App;

#[derive(Serialize)]
struct Valid {
    success: bool,
    message: &'static str,
    authenticated: bool,
    data: Verified,
}

/// `POST /api/verify`: whose token is in the cookie or the `Authorization` header, if it is good.
pub(crate) async fn verify(
    app: web::Data<App>,
    request: HttpRequest,
    _: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let data = app.verifier.verify_request(&app.cookie.tokens(&request)).await?;
    Ok(HttpResponse::Ok().json(Valid { success: true, message: "valid token", authenticated: true, data }))
}
