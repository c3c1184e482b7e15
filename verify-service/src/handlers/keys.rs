use actix_web::{HttpResponse, web};
use drawbridge_http::problem::Problem;

use crate::app::App;

/// `GET /internal/keys`: the public keys in the database.
pub(crate) async fn keys(app: web::Data<App>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(app.verifier.find_keys().await?))
}
