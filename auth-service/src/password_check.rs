//! Checks new passwords, and passwords that users enter to prove their identity.

use chrono::NaiveDateTime;
use drawbridge_core::id::UserId;
use secrecy::SecretString;

use crate::{
    app::App,
    domain::{Actor, Email, EventKind, Password},
    error::Error,
    password_hasher::PasswordVerdict,
    signed_in_user::SignedInUser,
    storage::{self, Credentials, NewEvent},
};

/// Refuses a new password that is easy to guess or appears in a data breach.
pub(crate) async fn check_new_password(app: &App, password: &Password, email: &Email) -> Result<(), Error> {
    let site_name = app.site_name.clone();
    let strength = app.hasher.estimate_strength(password.clone(), Some(email.clone()), site_name).await?;
    if !strength.is_acceptable {
        return Err(Error::PasswordTooCommon);
    }
    match &app.breach_check {
        Some(breach_check) if breach_check.is_leaked(password).await => Err(Error::PasswordLeaked),
        _ => Ok(()),
    }
}

/// Returns the account with this address if the password is correct. For an unknown address, the check takes as long as
/// for a wrong password, and records the same kind of audit event.
pub(crate) async fn check_credentials(
    app: &App,
    actor: &Actor,
    email: Email,
    password: Password,
) -> Result<Credentials, Error> {
    let found = app.database.query(move |c| storage::find_credentials(c, &email)).await?;
    let stored = found.as_ref().and_then(|credentials| credentials.hash.clone());
    let verdict = app.hasher.verify(password, stored.clone()).await?;
    let user = found.as_ref().map(|credentials| credentials.user_id);
    let (PasswordVerdict::Match { replacement }, Some(credentials)) = (verdict, found) else {
        record_failed_sign_in(app, actor, user, "password").await?;
        return Err(log_refusal(actor, Error::InvalidCredentials));
    };
    if credentials.disabled {
        record_failed_sign_in(app, actor, user, "disabled").await?;
        return Err(log_refusal(actor, Error::UserDisabled));
    }
    if let (Some(old), Some(new)) = (stored, replacement) {
        let user = credentials.user_id;
        app.database.query(move |c| storage::replace_hash(c, user, &old, &new)).await?;
    }
    Ok(credentials)
}

/// Logs why a sign-in was refused, and returns the reason.
pub(crate) fn log_refusal(actor: &Actor, refusal: Error) -> Error {
    let client = actor.address_text();
    let code = refusal.code().as_str();
    tracing::info!(%client, code, "sign-in refused");
    refusal
}

/// The result of checking a password of an existing account.
struct CheckedPassword {
    verdict: PasswordVerdict,
    changed_at: Option<NaiveDateTime>,
}

/// Checks the password of a signed-in user, and returns when it was set. Attempts are limited per session, so that
/// other clients cannot use up the limit.
pub(crate) async fn check_session_password(
    app: &App,
    user: &SignedInUser,
    password: Password,
) -> Result<Option<NaiveDateTime>, Error> {
    let charge = app.limits.charge_session(user.session).await?;
    let checked = check_account_password(app, user.holder.user, password).await;
    // An outage says nothing about the password.
    if !matches!(checked, Ok(CheckedPassword { verdict: PasswordVerdict::Mismatch, .. })) {
        charge.refund().await;
    }
    let CheckedPassword { verdict, changed_at } = checked?;
    match verdict {
        PasswordVerdict::Match { .. } => Ok(changed_at),
        PasswordVerdict::Mismatch => {
            let event =
                user.security_event(app, EventKind::SignInFailed).with_detail("password, in a session");
            app.commit(event, storage::insert_event).await?;
            Err(Error::InvalidCredentials)
        }
    }
}

async fn check_account_password(
    app: &App,
    user: UserId,
    password: Password,
) -> Result<CheckedPassword, Error> {
    let profile = app.database.query(move |c| storage::find_profile(c, user)).await?;
    let profile = profile.ok_or(Error::InvalidCredentials)?;
    let verdict = app.hasher.verify(password, profile.hash).await?;
    Ok(CheckedPassword { verdict, changed_at: profile.password_changed_at })
}

/// Checks that the person who uses a mailed link also knows the password of the account.
pub(crate) async fn check_password_of_linked_account(
    app: &App,
    actor: &Actor,
    link: &[u8],
    user: UserId,
    password: Option<SecretString>,
) -> Result<(), Error> {
    let profile = app.database.query(move |c| storage::find_profile(c, user)).await?;
    let hash = profile.and_then(|profile| profile.hash);
    let checked = check_link_password(app, link, password, hash).await;
    if matches!(checked, Err(Error::InvalidCredentials)) {
        record_failed_sign_in(app, actor, Some(user), "password, with a link").await?;
    }
    checked
}

/// Checks a password sent with a mailed link. Attempts are limited per link, so that other clients cannot use up the
/// limit.
pub(crate) async fn check_link_password(
    app: &App,
    link: &[u8],
    password: Option<SecretString>,
    stored: Option<String>,
) -> Result<(), Error> {
    let password = Password::parse_existing(password.unwrap_or_default())?;
    let charge = app.limits.charge_link(link).await?;
    let verdict = app.hasher.verify(password, stored).await;
    if !matches!(verdict, Ok(PasswordVerdict::Mismatch)) {
        charge.refund().await;
    }
    match verdict? {
        PasswordVerdict::Match { .. } => Ok(()),
        PasswordVerdict::Mismatch => Err(Error::InvalidCredentials),
    }
}

async fn record_failed_sign_in(
    app: &App,
    actor: &Actor,
    user: Option<UserId>,
    detail: &str,
) -> Result<(), Error> {
    let event = NewEvent::new(EventKind::SignInFailed, actor, app.clock.now()).with_detail(detail);
    let event = match user {
        Some(user) => event.to(user),
        None => event,
    };
    app.commit(event, storage::insert_event).await
}
