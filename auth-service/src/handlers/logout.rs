use actix_web::{HttpResponse, web};
use drawbridge_http::{Success, SuccessMessage, append_cookies};
use drawbridge_verification::Refusal;

use crate::{
    app::App,
    domain::EventKind,
    error::Error,
    request_context::RequestContext,
    storage::{self, NewEvent},
};

/// `POST /api/logout`: ends the session and clears the cookie. Without a session, it returns 200 as well.
///
/// An expired token still ends its session. If several cookies were sent, each ends its session.
#[utoipa::path(
    post,
    path = "/api/logout",
    operation_id = "sign_out",
    tag = "Sign-in",
    responses(
        (status = 200, description = "The session has ended", body = SuccessMessage)
    )
)]
pub(crate) async fn logout(
    app: web::Data<App>,
    context: RequestContext,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    for token in &context.tokens {
        let signed = match app.verifier.check_signature(token, context.accepted_tokens(&app)).await {
            Ok(signed) => signed,
            Err(refusal @ Refusal::Unavailable(_)) => return Err(refusal.into()),
            Err(_) => continue,
        };
        let user = signed.user;
        let session = signed.session;
        let now = app.clock.now();
        let event = NewEvent::new(EventKind::SignedOut, &context.actor, now).to(user).within(session);
        app.commit(event, move |c, event| storage::end_session(c, user, session, now, event)).await?;
    }
    Ok(clear_cookies(&app, HttpResponse::Ok().json(Success::message("Logout successful"))))
}

/// Removes the session cookies of the browser that receives this response.
pub(super) fn clear_cookies(app: &App, mut response: HttpResponse) -> HttpResponse {
    append_cookies(response.headers_mut(), app.cookie.clear());
    response
}
