//! The control: a revoked session is refused by the very URL that is measured, before and after.

use std::time::{Duration, Instant};

use crate::{
    answer::Answer,
    call::Call,
    deployment::Deployment,
    failure::{Failure, Result},
    http::Http,
    population::Population,
    server::Server,
};

/// How long a verifier may take to hear of a revocation that auth-service did not make itself.
const LIMIT: Duration = Duration::from_secs(5);

/// Somebody whose session was good and is revoked.
pub(crate) struct Control {
    call: Call,
    hex: String,
    token: String,
}

impl Control {
    /// Shows that `server` lets somebody pass, revokes the session, and waits until it is refused.
    pub(crate) fn revoke(http: &Http, deployment: &Deployment, server: &Server, call: &Call) -> Result<Self> {
        let (number, token) = deployment.next_to_be_revoked()?;
        let mut call = call.clone();
        // A program is told no in so many words, and not sent to the sign-in page.
        call.headers.retain(|(name, _)| *name != "accept");
        call.headers.push(("accept", "application/json".to_owned()));
        let control = Self { call, hex: Population::hex(number), token };
        control.ask(http, server)?.successful()?;
        deployment.revoke(number)?;
        let started = Instant::now();
        while let Err(failure) = control.check(http, server) {
            if started.elapsed() > LIMIT {
                return Err(failure);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(control)
    }

    /// Fails unless the session is refused because it is revoked.
    pub(crate) fn check(&self, http: &Http, server: &Server) -> Result<()> {
        let Answer { method, path, status, body, .. } = self.ask(http, server)?;
        // `/auth-request` says nothing but the status.
        if status == 401 && (body.is_empty() || body.contains(r#""code":"session_revoked""#)) {
            return Ok(());
        }
        let body = body.trim();
        Err(Failure::WrongAnswer(format!("{method} {path} answers a revoked session with {status}: {body}")))
    }

    fn ask(&self, http: &Http, server: &Server) -> Result<Answer> {
        http.send(&server.origin(), &self.call, &self.hex, &self.token)
    }
}
