use actix_web::{HttpResponse, web};
use drawbridge_http::openapi::TokenProblems;

use super::session_response::{SessionResponse, session_response};
use crate::{
    app::App, error::Error, request_context::RequestContext, sign_in::IssuedSession,
    signing_keys::TokenSubject, storage,
};

/// `POST /api/refresh`: issues a new token for the same session. The old token stays valid until it expires, so
/// concurrent tabs never sign each other out.
#[utoipa::path(
    post,
    path = "/api/refresh",
    operation_id = "renew_session",
    tag = "Sign-in",
    responses(
        (status = 200, description = "A new token for the same session", body = SessionResponse),
        TokenProblems
    )
)]
pub(crate) async fn refresh(
    app: web::Data<App>,
    context: RequestContext,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    let grant = app.verifier.verify_request(&context.tokens, context.accepted_tokens(&app)).await?;
    let user = grant.record();
    let session = grant.session();
    let subject = TokenSubject { user: user.id, session: session.id, session_expires_at: session.expires_at };
    let token = app.signer.issue_session(subject, context.session_audience()).await?;
    let id = session.id;
    let now = app.clock.now();
    app.database.query(move |c| storage::record_session_use(c, id, now)).await?;
    let renewed = IssuedSession { user: grant.shared_record().clone(), token, device: None };
    Ok(session_response(&app, &context, "Session renewed", &renewed, None))
}
