use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{problem::Problem, remote_source::RecordAnswer, token_headers};
use drawbridge_verification::Refusal;

use crate::app::App;

/// `POST /internal/record`: the record, straight from the database, of the user named in the request's token,
/// for an embedded guard. It requires a validly signed token, so that no one can query arbitrary users.
pub(crate) async fn record(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let tokens = app.cookie.tokens(&token_headers(request.headers()));
    let [token] = tokens.as_slice() else { return Err(Refusal::MissingToken.into()) };
    let record = app.verifier.find_record(token).await?;
    Ok(HttpResponse::Ok().json(RecordAnswer { record: record.as_deref() }))
}
