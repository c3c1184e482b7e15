//! One endpoint a file.

pub(crate) mod auth_request;
pub(crate) mod forward_auth;
pub(crate) mod health_ready;
pub(crate) mod keys;
pub(crate) mod record;
pub(crate) mod verify;

use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use drawbridge_http::{request_id::RequestId, token_headers};
use drawbridge_verification::{Grant, Refusal};

use crate::{app::App, hot::Judged, identity};

/// What the engine says of the request's tokens, if it has not said it on the way here.
async fn judge(app: &App, request: &HttpRequest) -> Result<Grant, Refusal> {
    let judged = request.extensions_mut().remove::<Judged>();
    match judged {
        Some(Judged(judged)) => judged,
        None => app.verifier.verify_request(&app.cookie.tokens(&token_headers(request.headers()))).await,
    }
}

/// What a gateway asks: who is behind a request. The answer names them, and brings a new token along
/// where the old one is past half its life.
async fn identify(app: &App, request: &HttpRequest) -> Result<HttpResponse, Refusal> {
    let grant = judge(app, request).await?;
    let mut response = HttpResponse::new(actix_web::http::StatusCode::OK);
    identity::write(response.headers_mut(), grant.record());
    if let (Some(renewal), true) = (&app.renewal, is_renewal_due(app, &grant))
        && let [token] = app.cookie.tokens(&token_headers(request.headers())).as_slice()
    {
        renewal.renew(grant.session().id, token, RequestId::of(request), response.headers_mut()).await;
    }
    Ok(response)
}

pub(crate) fn is_renewal_due(app: &App, grant: &Grant) -> bool {
    let session = grant.session();
    app.renewal.as_ref().is_some_and(|renewal| renewal.is_open_for(session.id))
        && session.is_renewal_due(app.clock.now())
}
