use actix_web::{
    HttpRequest, HttpResponse, Resource,
    guard::{Any, Get, Head},
    http::header,
    web::{self, Bytes},
};
use drawbridge_http::{
    method_not_allowed,
    problem::{Code, Problem},
};

use crate::{
    app::App,
    auth_client::{Endpoint, EndpointMethod},
};

/// A path of the JSON API on this origin.
pub(crate) struct ApiRoute {
    pub(crate) path: &'static str,
    /// The value of `Allow`.
    methods: &'static str,
    /// The endpoints of auth-service, at most one per method.
    endpoints: &'static [Endpoint],
}

const fn route(path: &'static str, methods: &'static str, endpoints: &'static [Endpoint]) -> ApiRoute {
    ApiRoute { path, methods, endpoints }
}

/// The JSON API on this origin.
pub(crate) const API_ROUTES: &[ApiRoute] = &[
    route("/api/login", "POST", &[Endpoint::LOGIN]),
    route("/api/login/second", "POST", &[Endpoint::LOGIN_SECOND]),
    route("/api/login/passkey/begin", "POST", &[Endpoint::LOGIN_PASSKEY_BEGIN]),
    route("/api/login/passkey/finish", "POST", &[Endpoint::LOGIN_PASSKEY_FINISH]),
    route("/api/register", "POST", &[Endpoint::REGISTER]),
    route("/api/logout", "POST", &[Endpoint::LOGOUT]),
    route("/api/refresh", "POST", &[Endpoint::REFRESH]),
    route("/api/me", "GET, HEAD, DELETE", &[Endpoint::ME, Endpoint::DELETE_ME]),
    route("/api/me/export", "GET, HEAD", &[Endpoint::EXPORT]),
    route("/api/account", "GET, HEAD", &[Endpoint::ACCOUNT]),
    route("/api/activity", "GET, HEAD", &[Endpoint::ACTIVITY]),
    route("/api/links/look", "POST", &[Endpoint::LINK_LOOK]),
    route("/api/email", "POST", &[Endpoint::EMAIL]),
    route("/api/email/verify", "POST", &[Endpoint::EMAIL_VERIFY]),
    route("/api/email/verify/resend", "POST", &[Endpoint::EMAIL_RESEND]),
    route("/api/password", "POST", &[Endpoint::PASSWORD]),
    route("/api/password/forgot", "POST", &[Endpoint::PASSWORD_FORGOT]),
    route("/api/password/reset", "POST", &[Endpoint::PASSWORD_RESET]),
    route("/api/password/strength", "POST", &[Endpoint::PASSWORD_STRENGTH]),
    route("/api/confirm", "POST", &[Endpoint::CONFIRM]),
    route("/api/confirm/passkey/begin", "POST", &[Endpoint::CONFIRM_PASSKEY_BEGIN]),
    route("/api/confirm/passkey/finish", "POST", &[Endpoint::CONFIRM_PASSKEY_FINISH]),
    route("/api/sessions", "GET, HEAD, DELETE", &[Endpoint::SESSIONS, Endpoint::END_OTHER_SESSIONS]),
    route("/api/sessions/{id}", "DELETE", &[Endpoint::END_SESSION]),
    route("/api/totp", "DELETE", &[Endpoint::REMOVE_TOTP]),
    route("/api/totp/begin", "POST", &[Endpoint::TOTP_BEGIN]),
    route("/api/totp/confirm", "POST", &[Endpoint::TOTP_CONFIRM]),
    route("/api/recovery-codes", "POST", &[Endpoint::RECOVERY_CODES]),
    route("/api/passkeys/begin", "POST", &[Endpoint::PASSKEY_BEGIN]),
    route("/api/passkeys/finish", "POST", &[Endpoint::PASSKEY_FINISH]),
    route("/api/passkeys/{id}", "POST, DELETE", &[Endpoint::RENAME_PASSKEY, Endpoint::REMOVE_PASSKEY]),
];

impl ApiRoute {
    /// The resource that forwards requests for this path.
    pub(crate) fn resource(&'static self) -> Resource {
        let mut resource =
            web::resource(self.path).default_service(web::to(|| method_not_allowed(self.methods)));
        for endpoint in self.endpoints.iter().copied() {
            let route = match endpoint.method {
                EndpointMethod::Get => web::route().guard(Any(Get()).or(Head())),
                EndpointMethod::Post => web::post(),
                EndpointMethod::Delete => web::delete(),
            };
            resource =
                resource.route(route.to(move |app, request, body| forward(app, request, endpoint, body)));
        }
        resource
    }
}

/// Forwards a request to auth-service. On the way there, the cookie becomes a bearer token; on the way back, a token
/// in the response becomes a cookie of this origin.
async fn forward(
    app: web::Data<App>,
    request: HttpRequest,
    endpoint: Endpoint,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut outgoing = app.auth_request(&request, endpoint).with_query(request.query_string());
    if let Some(id) = request.match_info().get("id") {
        outgoing =
            outgoing.with_id(id).ok_or_else(|| Problem::new(Code::NotFound, "Nothing has this ID."))?;
    }
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some() || !body.is_empty() {
        outgoing = outgoing.with_body(content_type.unwrap_or_default(), body.to_vec());
    }
    Ok(app.auth.send(outgoing).await?.into_response())
}
