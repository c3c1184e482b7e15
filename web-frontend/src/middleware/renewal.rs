use std::time::Duration;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::HeaderMap,
    middleware::Next,
    web,
};
use drawbridge_core::clock::{Clock, SystemClock};
use drawbridge_guard::SignedIn;
use drawbridge_http::{append_cookies, problem::Problem, token_headers};

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

fn is_renewal_due(request: &ServiceRequest) -> bool {
    let extensions = request.extensions();
    let Some(person) = extensions.get::<SignedIn>() else { return false };
    let is_outdated = request
        .app_data::<web::Data<App>>()
        .is_some_and(|app| app.cookie.is_outdated(&token_headers(request.headers())));
    is_outdated || person.session.is_renewal_due(SystemClock.now())
}

async fn renew(app: &App, renewal: AuthRequest, headers: &mut HeaderMap) {
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
