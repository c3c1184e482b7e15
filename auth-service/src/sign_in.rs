//! How a session begins, once somebody has shown who they are.

use actix_web::HttpRequest;
use chrono::TimeDelta;
use drawbridge_core::id::{SessionId, UserId};

use crate::{
    app::App,
    caller::Caller,
    domain::{Device, Email, EventKind},
    error::Error,
    mail::{MailJob, Notice},
    signing_keys::IssuedToken,
    storage::{self, NewEvent, NewSession, Proof},
};
use drawbridge_http::token_headers;

/// Somebody who has shown who they are.
pub(crate) struct Shown {
    pub(crate) user: UserId,
    pub(crate) email: String,
    /// By what.
    pub(crate) proof: Proof,
    /// By what, in the words of the audit log: `password`, `password totp`, `passkey`.
    pub(crate) by: &'static str,
}

/// A session that has begun.
pub(crate) struct SignedIn {
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) token: IssuedToken,
    pub(crate) device: Option<Device>,
}

/// Begins a session. The holder of the account hears of a device that is new to it.
pub(crate) async fn sign_in(
    app: &App,
    request: &HttpRequest,
    caller: &Caller,
    shown: Shown,
) -> Result<SignedIn, Error> {
    let now = app.clock.now();
    let Shown { user, email, proof, by } = shown;
    let id = SessionId::generate(app.random, now);
    let address = Email::parse(&email).ok();
    let device = app.devices.of(request, app.is_from_proxy(request));
    let is_known = address.as_ref().is_some_and(|email| app.devices.known(device.as_ref(), email).is_some());
    let expires_at = now + TimeDelta::from_std(app.tokens.session_lifetime).unwrap_or(TimeDelta::MAX);
    let news = app
        .mail
        .as_ref()
        .filter(|_| !is_known)
        .map(|mail| mail.row(&MailJob::notice(caller, (user, &email), Notice::NewDevice), now));
    // A sign-in leaves no older session behind in the same browser (ASVS 5.0, V7.2.4).
    let mut replaces = Vec::new();
    for token in app.cookie.tokens(&token_headers(request.headers())) {
        replaces.extend(app.verifier.check_signature(&token).await.ok().map(|signed| signed.session));
    }
    let session = NewSession {
        id,
        user_id: user,
        proof,
        address: caller.address_text(),
        user_agent: caller.user_agent.clone(),
        now,
        expires_at,
        limit: app.tokens.sessions_per_user,
        event: NewEvent::new(EventKind::SignedIn, caller, now).to(user).within(id).saying(by),
        replaces,
        news,
    };
    // The token first: a session whose token cannot be signed would only take up a place.
    let token = app.signer.issue(user, id, expires_at).await?;
    let prepared = app.relay.prepare();
    let change = app.database.run(move |c| storage::start_session(c, &session)).await?;
    app.relay.announce(prepared, change).await;
    app.wake_mail();
    let device = address.map(|email| app.devices.remembering(device, &email, app.random));
    Ok(SignedIn { user, email, token, device })
}
