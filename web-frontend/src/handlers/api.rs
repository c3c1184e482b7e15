use actix_web::{
    HttpRequest, HttpResponse, Resource,
    guard::{Any, Get, Head},
    http::header,
    web::{self, Bytes},
};
use drawbridge_http::{
    only,
    problem::{Code, Problem},
};

use crate::{
    app::App,
    auth_client::{Call, Method, Request},
};

/// What is offered on this origin: a path, the methods that it takes, and the calls of auth-service behind them.
pub(crate) const OFFERED: &[(&str, &str, &[Call])] = &[
    ("/api/login", "POST", &[Call::LOGIN]),
    ("/api/login/second", "POST", &[Call::LOGIN_SECOND]),
    ("/api/login/passkey/begin", "POST", &[Call::LOGIN_PASSKEY_BEGIN]),
    ("/api/login/passkey/finish", "POST", &[Call::LOGIN_PASSKEY_FINISH]),
    ("/api/register", "POST", &[Call::REGISTER]),
    ("/api/logout", "POST", &[Call::LOGOUT]),
    ("/api/refresh", "POST", &[Call::REFRESH]),
    ("/api/me", "GET, HEAD, DELETE", &[Call::ME, Call::DELETE_ME]),
    ("/api/me/export", "GET, HEAD", &[Call::EXPORT]),
    ("/api/account", "GET, HEAD", &[Call::ACCOUNT]),
    ("/api/activity", "GET, HEAD", &[Call::ACTIVITY]),
    ("/api/links/look", "POST", &[Call::LINK_LOOK]),
    ("/api/email", "POST", &[Call::EMAIL]),
    ("/api/email/verify", "POST", &[Call::EMAIL_VERIFY]),
    ("/api/email/verify/resend", "POST", &[Call::EMAIL_RESEND]),
    ("/api/password", "POST", &[Call::PASSWORD]),
    ("/api/password/forgot", "POST", &[Call::PASSWORD_FORGOT]),
    ("/api/password/reset", "POST", &[Call::PASSWORD_RESET]),
    ("/api/password/strength", "POST", &[Call::PASSWORD_STRENGTH]),
    ("/api/confirm", "POST", &[Call::CONFIRM]),
    ("/api/confirm/passkey/begin", "POST", &[Call::CONFIRM_PASSKEY_BEGIN]),
    ("/api/confirm/passkey/finish", "POST", &[Call::CONFIRM_PASSKEY_FINISH]),
    ("/api/sessions", "GET, HEAD, DELETE", &[Call::SESSIONS, Call::END_OTHER_SESSIONS]),
    ("/api/sessions/{id}", "DELETE", &[Call::END_SESSION]),
    ("/api/totp", "DELETE", &[Call::REMOVE_TOTP]),
    ("/api/totp/begin", "POST", &[Call::TOTP_BEGIN]),
    ("/api/totp/confirm", "POST", &[Call::TOTP_CONFIRM]),
    ("/api/recovery-codes", "POST", &[Call::RECOVERY_CODES]),
    ("/api/passkeys/begin", "POST", &[Call::PASSKEY_BEGIN]),
    ("/api/passkeys/finish", "POST", &[Call::PASSKEY_FINISH]),
    ("/api/passkeys/{id}", "POST, DELETE", &[Call::RENAME_PASSKEY, Call::REMOVE_PASSKEY]),
];

/// The resource of an entry of [`OFFERED`].
pub(crate) fn resource(path: &str, methods: &'static str, calls: &'static [Call]) -> Resource {
    let mut resource = web::resource(path).default_service(web::to(move || only(methods)));
    for call in calls.iter().copied() {
        let route = match call.method {
            Method::Get => web::route().guard(Any(Get()).or(Head())),
            Method::Post => web::post(),
            Method::Delete => web::delete(),
        };
        resource = resource.route(route.to(move |app, request, body| forward(app, request, call, body)));
    }
    resource
}

/// Hands the request to auth-service: the cookie becomes a bearer token on the way there, and the
/// token becomes a cookie of this origin on the way back.
async fn forward(
    app: web::Data<App>,
    request: HttpRequest,
    call: Call,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut outgoing = Request::new(&app, &request, call).query(request.query_string());
    if let Some(id) = request.match_info().get("id") {
        outgoing = outgoing.id(id).ok_or_else(|| Problem::new(Code::NotFound, "Check the path."))?;
    }
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some() || !body.is_empty() {
        outgoing = outgoing.body(content_type.unwrap_or_default(), body.to_vec());
    }
    Ok(app.auth.send(outgoing).await?.into_response())
}
