use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{problem::Problem, remote_source::RecordAnswer, token_headers};
use drawbridge_verification::{Refusal, user_record::UserRecord};

use crate::app::App;

/// `POST /internal/record`, for a guard that verifies by itself and may not read the database: the
/// record of the user whom the token names, straight from the database. A token with a good signature
/// is what it costs, so nobody asks for users at will.
pub(crate) async fn record(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let tokens = app.cookie.tokens(&token_headers(request.headers()));
    let [token] = tokens.as_slice() else { return Err(Refusal::MissingToken.into()) };
    let record: Option<Arc<UserRecord>> = app.verifier.find_record(token).await?;
    Ok(HttpResponse::Ok().json(RecordAnswer { record: record.as_deref() }))
}
