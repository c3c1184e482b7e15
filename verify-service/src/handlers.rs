//! One endpoint a file.

pub(crate) mod auth_request;
pub(crate) mod forward_auth;
pub(crate) mod health_ready;
pub(crate) mod keys;
pub(crate) mod record;
pub(crate) mod verify;

use actix_web::{HttpRequest, HttpResponse};
use shared::{
    request_id::RequestId,
    verification::{Grant, Refusal},
};

use crate::{app::App, identity};

/// What a gateway asks: who is behind a request. The answer names them, and brings a new token along
/// where the old one is past half its life.
async fn identify(app: &App, request: &HttpRequest) -> Result<HttpResponse, Refusal> {
    let tokens = app.cookie.tokens(request);
    let grant = app.verifier.verify_request(&tokens).await?;
    let mut response = HttpResponse::new(actix_web::http::StatusCode::OK);
    identity::write(response.headers_mut(), grant.record());
    if let ([token], true) = (tokens.as_slice(), is_renewal_due(app, &grant))
        && let Some(renewal) = &app.renewal
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
