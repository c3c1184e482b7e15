use actix_web::{HttpRequest, HttpResponse, web};

use super::session_answer::session_answer;
use crate::{app::App, error::Error, sign_in::SignedIn, storage};
use drawbridge_http::token_headers;

/// `POST /api/refresh`: a new token for the same session. The old one stays good until it expires,
/// so that two tabs that renew at once never sign each other out.
pub(crate) async fn refresh(
    app: web::Data<App>,
    request: HttpRequest,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    let grant = app.verifier.verify_request(&app.cookie.tokens(&token_headers(request.headers()))).await?;
    let (user, session) = (grant.record(), grant.session());
    let token = app.signer.issue(user.id, session.id, session.expires_at).await?;
    let (id, now) = (session.id, app.clock.now());
    app.database.query(move |c| storage::note_seen(c, id, now)).await?;
    let renewed = SignedIn { user: user.id, email: user.email.clone(), token, device: None };
    Ok(session_answer(&app, &request, "Session renewed", &renewed, None))
}
