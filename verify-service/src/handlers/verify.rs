use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::problem::Problem;
use drawbridge_verification::Grant;
use serde::Serialize;

use super::judge;
use crate::app::App;

/// The answer for a token that is good.
#[derive(Serialize)]
pub(crate) struct Valid<'a> {
    success: bool,
    message: &'static str,
    authenticated: bool,
    data: &'a Grant,
}

impl<'a> Valid<'a> {
    pub(crate) fn new(data: &'a Grant) -> Self {
        Self { success: true, message: "valid token", authenticated: true, data }
    }
}

/// `POST /api/verify`: whose token is in the cookie or the `Authorization` header, if it is good.
pub(crate) async fn verify(
    app: web::Data<App>,
    request: HttpRequest,
    _: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let grant = judge(&app, &request).await?;
    Ok(HttpResponse::Ok().json(Valid::new(&grant)))
}
