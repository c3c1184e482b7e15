use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use drawbridge_cookies::device_cookie;
use drawbridge_core::{
    exposed_secret::{ExposedSecret, serialize_exposed},
    id::UserId,
};
use drawbridge_http::{append_cookies, openapi::always_true};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::{app::App, request_context::RequestContext, sign_in::IssuedSession};

/// A session that has started or was renewed.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SessionResponse<'a> {
    /// Always true.
    #[schema(schema_with = always_true)]
    success: bool,
    /// For people; it may change.
    message: &'static str,
    data: SessionData<'a>,
    /// The session token, for frontends with a key, and for all clients with `TOKEN_IN_BODY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    token: Option<ExposedSecret<'a>>,
    /// The value of the device cookie, for frontends with a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    device: Option<String>,
}

/// What the client may know about the session.
#[derive(Serialize, utoipa::ToSchema)]
struct SessionData<'a> {
    user: SessionHolder<'a>,
    /// When the token expires.
    expires_at: DateTime<Utc>,
    /// New recovery codes to show once, if the sign-in created some.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_exposed")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    recovery_codes: Option<Vec<SecretString>>,
}

/// The user of a session.
#[derive(Serialize, utoipa::ToSchema)]
struct SessionHolder<'a> {
    id: UserId,
    email: &'a str,
    /// Whether the user has proved that the address is theirs.
    email_verified: bool,
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
            user: SessionHolder {
                id: session.user.id,
                email: &session.user.email,
                email_verified: session.user.email_verified,
            },
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
