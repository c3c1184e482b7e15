use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};
use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    clock::{Clock, SystemClock},
    http::RequestId,
    verification::VerifiedSession,
};

use crate::{
    app::App,
    auth_client::{Call, Request},
    guard::SignedIn,
};

/// Gives a person whose token is past half its life a new one for the same session, on the way back
/// from a guarded page. The old one stays good until it ends, so two tabs may be renewed at once.
///
/// Where that is not possible just now, the next page will do: the token is good for as long again.
pub(crate) async fn renew<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let due = {
        let extensions = request.extensions();
        extensions.get::<SignedIn>().is_some_and(|person| is_due(&person.session, SystemClock.now()))
    };
    let mut response = next.call(request).await?;
    if due && let Some(app) = response.request().app_data::<web::Data<App>>().cloned() {
        let tokens = app.cookie.tokens(response.request());
        let id = RequestId::of(response.request());
        match app.auth.send(Request { call: Call::Refresh, tokens: &tokens, body: None, id }).await {
            Ok(answer) => {
                if let Some(cookie) = answer.cookie {
                    response.response_mut().add_cookie(&cookie)?;
                }
            }
            Err(problem) => tracing::warn!(cause = problem.cause(), "the token is renewed another time"),
        }
    }
    Ok(response)
}

/// Past half the token's life, unless the session itself ends with it.
fn is_due(session: &VerifiedSession, now: DateTime<Utc>) -> bool {
    let life = session.token_expires_at - session.token_issued_at;
    let can_be_longer = session.expires_at - session.token_expires_at > TimeDelta::seconds(1);
    can_be_longer && now - session.token_issued_at > life / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{id::SessionId, random::Random};

    #[test]
    fn a_token_is_renewed_past_half_its_life_while_its_session_lasts_longer() {
        let start = SystemClock.now();
        let session = |session_days: i64| VerifiedSession {
            id: SessionId::generate(Random, start),
            created_at: start,
            expires_at: start + TimeDelta::days(session_days),
            token_issued_at: start,
            token_expires_at: start + TimeDelta::days(7),
        };
        assert!(!is_due(&session(30), start + TimeDelta::days(3)));
        assert!(is_due(&session(30), start + TimeDelta::days(4)));
        assert!(!is_due(&session(7), start + TimeDelta::days(4)), "the session ends with the token");
    }
}
