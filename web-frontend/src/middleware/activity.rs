use std::time::Instant;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};
use drawbridge_guard::SignedIn;

use crate::{app::App, auth_client::AuthEndpoint};

/// Reports to auth-service in the background that the session of a guarded page was active. A failed report
/// is not retried, since the next one follows within minutes.
pub(crate) async fn report_activity<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let session = request.extensions().get::<SignedIn>().map(|person| person.session.id);
    let response = next.call(request).await?;
    let app = response.request().app_data::<web::Data<App>>().cloned();
    if let (Some(session), Some(app)) = (session, app)
        && app.activity_reports.is_due(session, Instant::now())
    {
        let report = app.auth_request(response.request(), AuthEndpoint::SEEN);
        actix_web::rt::spawn(async move {
            if let Err(problem) = app.auth.send(report).await {
                tracing::debug!(cause = problem.cause(), "cannot report the activity of a session");
            }
        });
    }
    Ok(response)
}
