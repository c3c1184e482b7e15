//! Starts sessions for users who have proven their identity.

use std::sync::Arc;

use chrono::TimeDelta;
use drawbridge_core::id::SessionId;
use drawbridge_verification::{
    Refusal,
    user_record::{UserRecord, UserState},
};

use crate::{
    app::App,
    domain::{Device, Email, EventKind, Holder, SignInMethod},
    error::Error,
    mail::Notice,
    request_context::RequestContext,
    signing_keys::{IssuedToken, TokenSubject},
    storage::{self, NewEvent, NewSession, Proof},
};

/// A user who has proven their identity.
pub(crate) struct ProvenIdentity {
    pub(crate) holder: Holder,
    /// The proof, which must still be valid when the session starts.
    pub(crate) proof: Proof,
    /// How the identity was proven.
    pub(crate) method: SignInMethod,
}

/// A session and a token for it.
pub(crate) struct IssuedSession {
    /// The user's current record. The holder of a pending login may have had another address.
    pub(crate) user: Arc<UserRecord>,
    pub(crate) token: IssuedToken,
    /// The device to remember after a sign-in.
    pub(crate) device: Option<Device>,
}

/// Starts a session. The holder is notified if the device is new to the account.
pub(crate) async fn sign_in(
    app: &App,
    context: &RequestContext,
    identity: ProvenIdentity,
) -> Result<IssuedSession, Error> {
    let ProvenIdentity { holder, proof, method } = identity;
    let now = app.clock.now();
    let id = SessionId::generate(app.random, now);
    let expires_at = now + TimeDelta::from_std(app.tokens.session_lifetime).unwrap_or(TimeDelta::MAX);
    let session = NewSession {
        id,
        user_id: holder.user,
        proof,
        second_factor: method.has_second_factor(),
        address: context.actor.address_text(),
        user_agent: context.actor.user_agent.clone(),
        now,
        expires_at,
        limit: app.tokens.sessions_per_user,
        replaces: sessions_in_browser(app, context).await,
    };
    let email = Email::parse(&holder.email).ok();
    let event = NewEvent::new(EventKind::SignedIn, &context.actor, now)
        .to(holder.user)
        .within(id)
        .with_detail(method.to_string());
    let event = if is_known_device(app, context, email.as_ref()) {
        event
    } else {
        app.with_notification(event, &context.actor, &holder, Notice::NewDevice)
    };
    let subject = TokenSubject { user: holder.user, session: id, session_expires_at: expires_at };
    // Issue the token first: a session without a token would only use up one of the user's sessions.
    let token = app.signer.issue_session(subject, context.session_audience()).await?;
    let change = app.commit(event, move |c, event| storage::start_session(c, &session, event)).await?;
    let UserState::Present(user) = change.state else { return Err(Refusal::UserNotFound.into()) };
    let device = email.map(|email| app.devices.after_sign_in(context.device.clone(), &email, app.random));
    Ok(IssuedSession { user, token, device })
}

/// The sessions of the tokens sent with the request. A sign-in replaces them (ASVS 5.0, V7.2.4).
async fn sessions_in_browser(app: &App, context: &RequestContext) -> Vec<SessionId> {
    let mut sessions = Vec::new();
    for token in &context.tokens {
        sessions.extend(
            app.verifier
                .check_signature(token, context.accepted_tokens(app))
                .await
                .ok()
                .map(|signed| signed.session),
        );
    }
    sessions
}

fn is_known_device(app: &App, context: &RequestContext, email: Option<&Email>) -> bool {
    email.is_some_and(|email| app.devices.known_id(context.device.as_ref(), email).is_some())
}
