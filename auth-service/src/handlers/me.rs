use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{Success, token_headers};

use crate::{app::App, error::Error};

/// `GET /api/me`: who is signed in, straight from the database.
pub(crate) async fn me(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let grant = app.verifier.verify_request(&app.cookie.tokens(&token_headers(request.headers()))).await?;
    Ok(HttpResponse::Ok().json(Success::with("Signed in", grant)))
}
