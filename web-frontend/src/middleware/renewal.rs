use std::time::Duration;

use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::HeaderMap,
    middleware::Next,
    web,
};
use drawbridge_guard::{RequestSession, SignedIn};
use drawbridge_http::{append_cookies, navigation::is_prefetch, problem::Problem, token_headers};
use drawbridge_verification::token::UnverifiedClaims;

use crate::{
    app::App,
    auth_client::{AuthEndpoint, AuthRequest},
};

/// How long a finished page waits for a new token.
const RENEWAL_TIMEOUT: Duration = Duration::from_millis(300);

/// Renews the token of a guarded page's session if it is past half its lifetime, or if it arrived in a
/// previous cookie (`COOKIE_PREVIOUS`), which the new one replaces.
///
/// The old token stays valid until it expires, so concurrent requests can each renew it. If a renewal fails,
/// a later page tries again.
pub(crate) async fn renew_session<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let is_due = is_renewal_due(&request);
    let mut response = next.call(request).await?;
    if is_due && let Some(app) = response.request().app_data::<web::Data<App>>().cloned() {
        let renewal = app.auth_request(response.request(), AuthEndpoint::REFRESH);
        renew(&app, renewal, response.headers_mut()).await;
    }
    Ok(response)
}

/// Renews the token of a request to the JSON API, whose session no guard has verified.
pub(crate) async fn renew_if_due(app: &App, request: &HttpRequest, headers: &mut HeaderMap) {
    if is_prefetch(request.headers()) {
        return;
    }
    let now = app.clock.now();
    let sent = token_headers(request.headers());
    let is_worth_asking = app.cookie.is_outdated(&sent)
        || app
            .cookie
            .only_token(&sent)
            .and_then(UnverifiedClaims::read)
            .is_some_and(|claims| claims.are_past_half_their_lifetime(now));
    if !is_worth_asking {
        return;
    }
    if let Ok(RequestSession::SignedIn { verified, .. }) = app.guard.find_session(request).await
        && (app.cookie.is_outdated(&sent) || verified.session.is_renewal_due(now))
    {
        renew(app, app.auth_request(request, AuthEndpoint::REFRESH), headers).await;
    }
}

fn is_renewal_due(request: &ServiceRequest) -> bool {
    if is_prefetch(request.headers()) {
        return false;
    }
    let extensions = request.extensions();
    let (Some(person), Some(app)) = (extensions.get::<SignedIn>(), request.app_data::<web::Data<App>>())
    else {
        return false;
    };
    app.cookie.is_outdated(&token_headers(request.headers()))
        || person.session.is_renewal_due(app.clock.now())
}

/// Requests a new token, and sets its cookies.
pub(crate) async fn renew(app: &App, renewal: AuthRequest, headers: &mut HeaderMap) {
    let sent = actix_web::rt::time::timeout(RENEWAL_TIMEOUT, app.auth.send(renewal)).await;
    match sent.unwrap_or_else(|elapsed| Err(Problem::internal(elapsed))) {
        Ok(response) => {
            if response.has_cookies() {
                app.metrics.renewals.get_or_create(&[]).inc();
            }
            append_cookies(headers, response.into_cookies());
        }
        Err(problem) => {
            tracing::warn!(cause = problem.cause(), "token renewal failed; retrying on a later request");
        }
    }
}
