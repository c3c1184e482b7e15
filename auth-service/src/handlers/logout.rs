use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{Success, append_cookies, token_headers};
use drawbridge_verification::Refusal;

use crate::{
    app::App,
    caller::Caller,
    domain::EventKind,
    error::Error,
    storage::{self, NewEvent},
};

/// `POST /api/logout`: ends the session and clears the cookie; also 200 without a session.
///
/// A token that has expired still ends its session, and of two cookies each ends its own.
pub(crate) async fn logout(
    app: web::Data<App>,
    request: HttpRequest,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    for token in app.cookie.tokens(&token_headers(request.headers())) {
        let signed = match app.verifier.check_signature(&token).await {
            Ok(signed) => signed,
            Err(refusal @ Refusal::Unavailable(_)) => return Err(refusal.into()),
            Err(_) => continue,
        };
        let (user, session, now) = (signed.user, signed.session, app.clock.now());
        let event = NewEvent::new(EventKind::SignedOut, &Caller::of(&app, &request), now);
        let event = event.to(user).within(session);
        let end = move |c: &mut _| storage::end_session(c, user, session, now, &event);
        let prepared = app.relay.prepare();
        if let Some(change) = app.database.query(end).await? {
            app.relay.announce(prepared, change).await;
        }
    }
    Ok(clear_cookies(&app, HttpResponse::Ok().json(Success::message("Logout successful"))))
}

/// Removes the session cookies of the browser that gets this response.
pub(super) fn clear_cookies(app: &App, mut response: HttpResponse) -> HttpResponse {
    append_cookies(response.headers_mut(), app.cookie.clear());
    response
}
