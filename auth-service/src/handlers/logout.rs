use actix_web::{HttpResponse, ResponseError, web};
use drawbridge_http::{Success, SuccessMessage, append_cookies, problems};
use drawbridge_verification::Refusal;

use crate::{
    app::App,
    domain::EventKind,
    error::Error,
    request_context::RequestContext,
    storage::{self, NewEvent},
};

problems! {
    /// Why a token is not signed out.
    LogoutProblems: InvalidToken
}

/// `POST /api/logout`: ends the session and clears the cookie. Without a session, it returns 200 as well.
///
/// An expired token still ends its session. If several cookies were sent, each ends its session. An access token, or a
/// session token of a frontend with another audience, is refused, because it ends no session.
#[utoipa::path(
    post,
    path = "/api/logout",
    operation_id = "sign_out",
    tag = "Sign-in",
    responses(
        (status = 200, description = "The session has ended", body = SuccessMessage),
        LogoutProblems
    )
)]
pub(crate) async fn logout(
    app: web::Data<App>,
    context: RequestContext,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    let accepted = context.accepted_tokens(&app);
    let mut has_session_token = false;
    let mut has_other_token = false;
    for token in &context.tokens {
        let signed = match app.verifier.check_signature_only(token).await {
            Ok(signed) => signed,
            Err(refusal @ Refusal::Unavailable(_)) => return Err(refusal.into()),
            Err(_) => continue,
        };
        if !signed.purpose.is_accepted(accepted) {
            has_other_token = true;
            continue;
        }
        has_session_token = true;
        let user = signed.user;
        let session = signed.session;
        let now = app.clock.now();
        let event = NewEvent::new(EventKind::SignedOut, &context.actor, now).to(user).within(session);
        app.commit(event, move |c, event| storage::end_session(c, user, session, now, event)).await?;
    }
    let is_refused = has_other_token && !has_session_token;
    let response = if is_refused {
        Error::from(Refusal::InvalidToken).error_response()
    } else {
        HttpResponse::Ok().json(Success::message("Logout successful"))
    };
    Ok(clear_cookies(&app, response))
}

/// Removes the session cookies of the browser that receives this response.
pub(super) fn clear_cookies(app: &App, mut response: HttpResponse) -> HttpResponse {
    append_cookies(response.headers_mut(), app.cookie.clear());
    response
}
