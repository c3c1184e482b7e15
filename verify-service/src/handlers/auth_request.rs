use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{problem::Problem, request_id::RequestId};
use drawbridge_verification::Refusal;

use crate::{
    app::App,
    identity,
    verdict::{self, Verdict},
};

/// `GET /auth-request`, for nginx: 200 with the user in headers, or 401, because `auth_request` accepts no
/// other status. An outage is 503, which nginx reports as an error and never as a refusal.
pub(crate) async fn auth_request(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let verdict = verdict::verify(&app, request.headers()).await;
    respond(&app, &request, verdict, RequestId::of(&request).as_ref()).await
}

/// The response to a verdict.
pub(crate) async fn respond(
    app: &App,
    request: &HttpRequest,
    verdict: Verdict,
    request_id: Option<&RequestId>,
) -> Result<HttpResponse, Problem> {
    match verdict {
        Ok(grant) => Ok(identity::response_with_renewal(app, request, &grant, request_id).await),
        Err(outage @ Refusal::Unavailable(_)) => Err(outage.into()),
        Err(refusal) => Err(Problem::from(refusal).as_unauthorized()),
    }
}
