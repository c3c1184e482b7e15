use actix_web::{HttpRequest, HttpResponse};
use drawbridge_cookies::device_cookie;
use drawbridge_core::id::UserId;
use drawbridge_http::append_cookies;
use serde::Serialize;

use crate::{app::App, sign_in::SignedIn};

#[derive(Serialize)]
struct SessionAnswer<'a> {
    success: bool,
    message: &'static str,
    data: Data<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

#[derive(Serialize)]
struct Data<'a> {
    user: User<'a>,
    expires_at: chrono::DateTime<chrono::Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

#[derive(Serialize)]
struct User<'a> {
    id: UserId,
    email: &'a str,
}

/// The answer that hands out a token: in the cookie, and in the body for a proxy of ours. The same of what the device
/// is to be known by. Recovery codes come along where the sign-in made some.
pub(super) fn session_answer(
    app: &App,
    request: &HttpRequest,
    message: &'static str,
    session: &SignedIn,
    recovery_codes: Option<Vec<String>>,
) -> HttpResponse {
    let (text, expires_at) = (&session.token.text, session.token.expires_at);
    let (is_from_proxy, device) = (app.is_from_proxy(request), session.device.as_ref());
    let user = User { id: session.user, email: &session.email };
    let body = SessionAnswer {
        success: true,
        message,
        data: Data { user, expires_at, recovery_codes },
        token: app.may_read_token(request).then_some(text),
        device: device.filter(|_| is_from_proxy).map(ToString::to_string),
    };
    let mut response = HttpResponse::Ok().json(body);
    let mut cookies = app.cookie.issue(text, expires_at, app.clock.now());
    let stored = device.filter(|_| !is_from_proxy);
    cookies.extend(stored.map(|device| device_cookie::set(&device.to_string(), app.devices.policy())));
    append_cookies(response.headers_mut(), cookies);
    response
}
