use actix_web::{
    HttpRequest, HttpResponse, Resource,
    guard::{Any, Get, Head},
    http::header,
    web::{self, Bytes},
};
use drawbridge_http::{
    draining::{Draining, OpenWork},
    method_not_allowed,
    problem::{Code, Problem},
};

use crate::{
    app::App,
    auth_client::{AuthEndpoint, EndpointMethod, is_from_frontend},
    middleware::renew_if_due,
};

/// A path of the JSON API on this origin.
pub(crate) struct ApiRoute {
    pub(crate) path: &'static str,
    /// The value of `Allow`.
    methods: &'static str,
    /// The endpoints of auth-service, at most one per method.
    endpoints: &'static [AuthEndpoint],
}

const fn route(path: &'static str, methods: &'static str, endpoints: &'static [AuthEndpoint]) -> ApiRoute {
    ApiRoute { path, methods, endpoints }
}

/// The JSON API on this origin.
pub(crate) const API_ROUTES: &[ApiRoute] = &[
    route("/api/login", "POST", &[AuthEndpoint::LOGIN]),
    route("/api/login/second", "POST", &[AuthEndpoint::LOGIN_SECOND]),
    route("/api/login/passkey/begin", "POST", &[AuthEndpoint::LOGIN_PASSKEY_BEGIN]),
    route("/api/login/passkey/finish", "POST", &[AuthEndpoint::LOGIN_PASSKEY_FINISH]),
    route("/api/register", "POST", &[AuthEndpoint::REGISTER]),
    route("/api/logout", "POST", &[AuthEndpoint::LOGOUT]),
    route("/api/refresh", "POST", &[AuthEndpoint::REFRESH]),
    route("/api/me", "GET, HEAD, DELETE", &[AuthEndpoint::ME, AuthEndpoint::DELETE_ME]),
    route("/api/me/export", "GET, HEAD", &[AuthEndpoint::EXPORT]),
    route("/api/account", "GET, HEAD", &[AuthEndpoint::ACCOUNT]),
    route("/api/activity", "GET, HEAD", &[AuthEndpoint::ACTIVITY]),
    route("/api/links/look", "POST", &[AuthEndpoint::LINK_LOOK]),
    route("/api/email", "POST", &[AuthEndpoint::EMAIL]),
    route("/api/email/verify", "POST", &[AuthEndpoint::EMAIL_VERIFY]),
    route("/api/email/verify/resend", "POST", &[AuthEndpoint::EMAIL_RESEND]),
    route("/api/password", "POST", &[AuthEndpoint::PASSWORD]),
    route("/api/password/forgot", "POST", &[AuthEndpoint::PASSWORD_FORGOT]),
    route("/api/password/reset", "POST", &[AuthEndpoint::PASSWORD_RESET]),
    route("/api/password/strength", "POST", &[AuthEndpoint::PASSWORD_STRENGTH]),
    route("/api/confirm", "POST", &[AuthEndpoint::CONFIRM]),
    route("/api/confirm/passkey/begin", "POST", &[AuthEndpoint::CONFIRM_PASSKEY_BEGIN]),
    route("/api/confirm/passkey/finish", "POST", &[AuthEndpoint::CONFIRM_PASSKEY_FINISH]),
    route("/api/sessions", "GET, HEAD, DELETE", &[AuthEndpoint::SESSIONS, AuthEndpoint::END_OTHER_SESSIONS]),
    route("/api/sessions/{id}", "DELETE", &[AuthEndpoint::END_SESSION]),
    route("/api/totp", "DELETE", &[AuthEndpoint::REMOVE_TOTP]),
    route("/api/totp/begin", "POST", &[AuthEndpoint::TOTP_BEGIN]),
    route("/api/totp/confirm", "POST", &[AuthEndpoint::TOTP_CONFIRM]),
    route("/api/recovery-codes", "POST", &[AuthEndpoint::RECOVERY_CODES]),
    route("/api/passkeys/begin", "POST", &[AuthEndpoint::PASSKEY_BEGIN]),
    route("/api/passkeys/finish", "POST", &[AuthEndpoint::PASSKEY_FINISH]),
    route(
        "/api/passkeys/{id}",
        "POST, DELETE",
        &[AuthEndpoint::RENAME_PASSKEY, AuthEndpoint::REMOVE_PASSKEY],
    ),
];

impl ApiRoute {
    /// The endpoints of auth-service to which requests are forwarded.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = AuthEndpoint> {
        self.endpoints.iter().copied()
    }

    /// The resource that forwards requests for this path.
    pub(crate) fn resource(&'static self) -> Resource {
        let mut resource =
            web::resource(self.path).default_service(web::to(|| method_not_allowed(self.methods)));
        for endpoint in self.endpoints() {
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

/// `POST /api/token`: passes a token exchange on, for frontends that prove themselves. web-frontend itself exchanges
/// tokens at auth-service directly.
pub(crate) async fn exchange_token(
    app: web::Data<App>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    app.auth.pass_on(AuthEndpoint::TOKEN, &request, &body).await
}

/// `POST /api/verify`: passes a verification on to verify-service.
pub(crate) async fn verify_token(
    app: web::Data<App>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    app.verify.verify(&request, &body).await
}

/// `GET /api/changes`: passes the change feed of verify-service on, for frontends that prove themselves.
pub(crate) async fn follow_changes(
    app: web::Data<App>,
    draining: web::Data<Draining>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    app.verify.follow_changes(&request, draining.open(OpenWork::EventStream)).await
}

/// `POST /api/frontends/preview`: passes the announcement of a preview on.
pub(crate) async fn announce_preview(
    app: web::Data<App>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    app.auth.pass_on(AuthEndpoint::PREVIEW, &request, &body).await
}

/// Forwards a request to auth-service. A frontend's request with a proof of its own is passed on as it is. In other
/// requests, the cookie becomes a bearer token; in the response, a token becomes a cookie of this origin.
async fn forward(
    app: web::Data<App>,
    request: HttpRequest,
    endpoint: AuthEndpoint,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    if is_from_frontend(&request) {
        return app.auth.pass_on(endpoint, &request, &body).await;
    }
    let mut outgoing = app.auth_request(&request, endpoint).with_query(request.query_string());
    if let Some(id) = request.match_info().get("id") {
        outgoing =
            outgoing.with_id(id).ok_or_else(|| Problem::new(Code::NotFound, "Nothing has this ID."))?;
    }
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some() || !body.is_empty() {
        outgoing = outgoing.with_body(content_type.unwrap_or_default(), body.to_vec());
    }
    let answer = app.auth.send(outgoing).await?;
    let may_renew = answer.status.is_success() && !answer.has_cookies();
    let mut response = answer.into_response();
    if may_renew {
        renew_if_due(&app, &request, response.headers_mut()).await;
    }
    Ok(response)
}
