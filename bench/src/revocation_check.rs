//! Checks that the measured URL refuses a revoked session, before and after the measurement.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    captured_response::CapturedResponse,
    deployment::SeededDeployment,
    error::{MeasurementError, Result},
    http_client::HttpClient,
    request_template::RequestTemplate,
    server::ServerProcess,
    simulated_users::SimulatedUser,
};

/// How long a verifier may accept a session after it is revoked directly in the database, bypassing
/// auth-service.
const REVOCATION_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause between requests with the revoked session.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A user whose session was accepted and then revoked.
pub(crate) struct RevocationCheck {
    request: RequestTemplate,
    user: SimulatedUser,
}

impl RevocationCheck {
    /// Checks that `server` accepts a session, revokes the session, and waits until it is refused.
    pub(crate) fn start(
        http: &HttpClient,
        deployment: &SeededDeployment,
        server: &ServerProcess,
        request: &RequestTemplate,
    ) -> Result<Self> {
        let user = deployment.database.next_revocable_user()?;
        let mut request = request.clone();
        // Send the request as a program would: browsers are redirected to the sign-in page instead of being
        // refused.
        request.headers.retain(|(name, _)| *name != "accept");
        request.headers.push(("accept", "application/json".to_owned()));
        let check = Self { request, user };
        http.capture(server, &check.request, &check.user)?;
        deployment.database.revoke_session(&check.user)?;
        let revoked_at = Instant::now();
        while let Err(error) = check.verify_refused(http, server) {
            if revoked_at.elapsed() > REVOCATION_TIMEOUT {
                return Err(error);
            }
            thread::sleep(POLL_INTERVAL);
        }
        Ok(check)
    }

    /// Returns an error unless `server` refuses the session as revoked.
    pub(crate) fn verify_refused(&self, http: &HttpClient, server: &ServerProcess) -> Result<()> {
        let CapturedResponse { method, path, status, body, .. } =
            http.send(server, &self.request, &self.user)?;
        // `/auth-request` has an empty body.
        if status == 401 && (body.is_empty() || body.contains(r#""code":"session_revoked""#)) {
            return Ok(());
        }
        let body = body.trim();
        Err(MeasurementError::wrong_answer(format_args!(
            "{method} {path} returned {status} for a revoked session: {body}"
        )))
    }
}
