use std::time::Duration;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};
use drawbridge_core::clock::{Clock, SystemClock};
use drawbridge_http::{append_cookies, problem::Problem, token_headers};

use crate::{
    app::App,
    auth_client::{Call, Request},
};
use drawbridge_guard::SignedIn;

/// How long a page that is ready waits for a new token.
const PATIENCE: Duration = Duration::from_millis(300);

/// Gives a person whose token is past half its life a new one for the same session, on the way back
/// from a guarded page. The old one stays good until it ends, so two tabs may be renewed at once.
///
/// So does a person whose token comes in a cookie of before (`COOKIE_PREVIOUS`): the new one replaces it.
///
/// Where that is not possible just now, the next page will do: the token is good for as long again.
pub(crate) async fn renew<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let is_outdated = app.is_some_and(|app| app.cookie.is_outdated(&token_headers(request.headers())));
    let due = {
        let extensions = request.extensions();
        let person = extensions.get::<SignedIn>();
        person.is_some_and(|person| is_outdated || person.session.is_renewal_due(SystemClock.now()))
    };
    let mut response = next.call(request).await?;
    if due && let Some(app) = response.request().app_data::<web::Data<App>>().cloned() {
        let renewed = app.auth.send(Request::new(&app, response.request(), Call::REFRESH));
        let renewed = actix_web::rt::time::timeout(PATIENCE, renewed).await;
        match renewed.unwrap_or_else(|late| Err(Problem::internal(late))) {
            Ok(answer) => {
                if !answer.cookies.is_empty() {
                    app.metrics.renewals.get_or_create(&[]).inc();
                }
                append_cookies(response.headers_mut(), answer.cookies);
            }
            Err(problem) => tracing::warn!(cause = problem.cause(), "the token is renewed another time"),
        }
    }
    Ok(response)
}
