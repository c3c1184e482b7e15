//! When people were last here: auth-service is told, after they have their answer.

use std::time::{Duration, Instant};

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};
use drawbridge_core::id::SessionId;
use quick_cache::sync::{Cache, EntryAction, EntryResult};

use crate::{
    app::App,
    auth_client::{Call, Request},
};
use drawbridge_guard::SignedIn;

/// How often it is told of one session.
const EVERY: Duration = Duration::from_mins(1);

/// Of how many sessions it is remembered that they were told of. Of one that was forgotten it is told again.
const SESSIONS: usize = 16_384;

/// When this process last told of each session.
pub(crate) struct Seen(Cache<SessionId, Instant>);

impl Seen {
    pub(crate) fn new() -> Self {
        Self(Cache::new(SESSIONS))
    }

    /// Whether it is time to tell of a session. Of several that ask at once one is told so.
    fn is_due(&self, session: SessionId, now: Instant) -> bool {
        let told = self.0.entry(&session, None, |_, at| {
            let is_due = now.saturating_duration_since(*at) >= EVERY;
            if is_due {
                *at = now;
            }
            EntryAction::Retain(is_due)
        });
        match told {
            EntryResult::Retained(is_due) => is_due,
            EntryResult::Vacant(place) => place.insert(now).is_ok(),
            EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => false,
        }
    }
}

/// Tells auth-service in the background that the session behind a guarded page was seen. It may fail: the next
/// minute will do.
pub(crate) async fn note<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let session = request.extensions().get::<SignedIn>().map(|person| person.session.id);
    let response = next.call(request).await?;
    let app = response.request().app_data::<web::Data<App>>().cloned();
    if let (Some(session), Some(app)) = (session, app)
        && app.seen.is_due(session, Instant::now())
    {
        let told = Request::new(&app, response.request(), Call::SEEN);
        actix_web::rt::spawn(async move {
            if let Err(problem) = app.auth.send(told).await {
                tracing::debug!(cause = problem.cause(), "nobody is told that a session was seen");
            }
        });
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    #[test]
    fn a_session_is_told_of_once_a_minute() {
        let seen = Seen::new();
        let [one, two] = [(); 2].map(|()| SessionId::generate(Random, SystemClock.now()));
        let now = Instant::now();
        assert!(seen.is_due(one, now) && seen.is_due(two, now));
        assert!(!seen.is_due(one, now + Duration::from_secs(59)));
        assert!(seen.is_due(one, now + EVERY) && !seen.is_due(one, now + EVERY));
    }
}
