use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use drawbridge_cookies::device_cookie;
use drawbridge_core::{
    exposed_secret::{ExposedSecret, serialize_exposed},
    id::UserId,
};
use drawbridge_http::append_cookies;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::{app::App, request_context::RequestContext, sign_in::IssuedSession};

#[derive(Serialize)]
struct SessionResponse<'a> {
    success: bool,
    message: &'static str,
    data: SessionData<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<ExposedSecret<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

#[derive(Serialize)]
struct SessionData<'a> {
    user: SessionHolder<'a>,
    expires_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_exposed")]
    recovery_codes: Option<Vec<SecretString>>,
}

#[derive(Serialize)]
struct SessionHolder<'a> {
    id: UserId,
    email: &'a str,
}

/// Builds the response that hands out a token. Browsers receive the token and the device in cookies. A proxy of this
/// deployment receives them in the body and sets the cookies on its own origin. Recovery codes are included if the
/// sign-in created any.
pub(super) fn session_response(
    app: &App,
    context: &RequestContext,
    message: &'static str,
    session: &IssuedSession,
    recovery_codes: Option<Vec<SecretString>>,
) -> HttpResponse {
    let expires_at = session.token.expires_at;
    let device = session.device.as_ref().map(ToString::to_string);
    let mut cookies = app.cookie.issue(session.token.text.expose_secret(), expires_at, app.clock.now());
    let device_in_body = if context.is_from_proxy {
        device
    } else {
        cookies.extend(device.map(|device| device_cookie::set(&device, app.devices.policy())));
        None
    };
    let body = SessionResponse {
        success: true,
        message,
        data: SessionData {
            user: SessionHolder { id: session.holder.user, email: &session.holder.email },
            expires_at,
            recovery_codes,
        },
        token: context.may_read_token.then_some((&session.token.text).into()),
        device: device_in_body,
    };
    let mut response = HttpResponse::Ok().json(body);
    append_cookies(response.headers_mut(), cookies);
    response
}
