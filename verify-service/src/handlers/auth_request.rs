use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::problem::Problem;
use drawbridge_verification::Refusal;

use super::identify;
use crate::app::App;

/// `GET /auth-request`, for nginx: 200 with who it is, or 401, which is all that its `auth_request`
/// tells apart. An outage is 503, which nginx tells as a failure and never as a refusal.
pub(crate) async fn auth_request(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    match identify(&app, &request).await {
        Err(refusal @ Refusal::Unavailable(_)) => Err(refusal.into()),
        Err(refusal) => Err(Problem::from(refusal).as_unauthorized()),
        Ok(response) => Ok(response),
    }
}
