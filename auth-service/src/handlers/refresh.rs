use actix_web::{HttpResponse, web};

use super::session_response::session_response;
use crate::{
    app::App, domain::Holder, error::Error, request_context::RequestContext, sign_in::IssuedSession, storage,
};

/// `POST /api/refresh`: issues a new token for the same session. The old token stays valid until it expires, so
/// concurrent tabs never sign each other out.
pub(crate) async fn refresh(
    app: web::Data<App>,
    context: RequestContext,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    let grant = app.verifier.verify_request(&context.tokens).await?;
    let user = grant.record();
    let session = grant.session();
    let token = app.signer.issue(user.id, session.id, session.expires_at).await?;
    let id = session.id;
    let now = app.clock.now();
    app.database.query(move |c| storage::record_session_use(c, id, now)).await?;
    let holder = Holder { user: user.id, email: user.email.clone() };
    let renewed = IssuedSession { holder, token, device: None };
    Ok(session_response(&app, &context, "Session renewed", &renewed, None))
}
