use actix_web::{HttpRequest, HttpResponse, http::header};
use serde::Serialize;
use shared::{device_cookie, id::UserId};

use crate::{app::App, domain::Device, signing_keys::IssuedToken};

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
}

#[derive(Serialize)]
struct User<'a> {
    id: UserId,
    email: &'a str,
}

/// The answer that hands out a token: in the cookie, and in the body for a proxy of ours. The same of what the device
/// is to be known by.
pub(super) fn session_answer(
    app: &App,
    request: &HttpRequest,
    message: &'static str,
    (id, email): (UserId, &str),
    token: &IssuedToken,
    device: Option<&Device>,
) -> HttpResponse {
    let IssuedToken { text, expires_at } = token;
    let is_from_proxy = app.is_from_proxy(request);
    let body = SessionAnswer {
        success: true,
        message,
        data: Data { user: User { id, email }, expires_at: *expires_at },
        token: app.may_read_token(request).then_some(text),
        device: device.filter(|_| is_from_proxy).map(ToString::to_string),
    };
    let mut response = HttpResponse::Ok();
    for cookie in app.cookie.issue(text, *expires_at, app.clock.now()) {
        response.append_header((header::SET_COOKIE, cookie));
    }
    let set = device.filter(|_| !is_from_proxy);
    if let Some(cookie) = set.and_then(|device| device_cookie::set(&device.to_string(), app.devices.policy()))
    {
        response.append_header((header::SET_COOKIE, cookie));
    }
    response.json(body)
}
