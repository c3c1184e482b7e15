use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Bytes},
};
use shared::{device_cookie, http::RequestId, problem::Problem};

use crate::{
    app::App,
    auth_client::{Call, Request},
};

/// `POST /api/login`, with the cookie set on this origin.
pub(crate) async fn login(
    app: web::Data<App>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    forward(&app, &request, Call::Login, Some(body)).await
}

/// `POST /api/register`.
pub(crate) async fn register(
    app: web::Data<App>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    forward(&app, &request, Call::Register, Some(body)).await
}

/// `POST /api/logout`, with the cookie cleared on this origin.
pub(crate) async fn logout(
    app: web::Data<App>,
    request: HttpRequest,
    _: Bytes,
) -> Result<HttpResponse, Problem> {
    forward(&app, &request, Call::Logout, None).await
}

/// `POST /api/refresh`, with the cookie set on this origin.
pub(crate) async fn refresh(
    app: web::Data<App>,
    request: HttpRequest,
    _: Bytes,
) -> Result<HttpResponse, Problem> {
    forward(&app, &request, Call::Refresh, None).await
}

/// `GET /api/me`.
pub(crate) async fn me(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    forward(&app, &request, Call::Me, None).await
}

/// Hands the request to auth-service: the cookie becomes a bearer token on the way there, and the
/// token becomes a cookie of this origin on the way back.
async fn forward(
    app: &App,
    request: &HttpRequest,
    call: Call,
    body: Option<Bytes>,
) -> Result<HttpResponse, Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let body = body.map(|body| (content_type.unwrap_or_default().to_owned(), body.to_vec()));
    let tokens = app.cookie.tokens(request);
    let (id, client) = (RequestId::of(request), app.client_address(request));
    let device = device_cookie::read(request.headers(), app.cookie.policy());
    let answer = app.auth.send(Request { call, tokens: &tokens, body, id, client, device }).await?;
    Ok(answer.into_response())
}
