//! Checks codes from authenticator apps, and recovery codes.

use drawbridge_core::id::UserId;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    app::App,
    domain::{Actor, EventKind, FactorKind, Holder, RecoveryCode},
    error::Error,
    mail::{FactorChange, Notice},
    storage::{self, NewEvent},
};

/// Uses up a code from the authenticator app or a recovery code, and returns which of the two it was.
///
/// # Errors
/// The code is wrong or was already used. The holder is notified after several wrong codes.
pub(crate) async fn use_code(
    app: &App,
    holder: &Holder,
    actor: &Actor,
    code: &SecretString,
) -> Result<FactorKind, Error> {
    let code = without_spaces(code);
    if is_totp_code(code.expose_secret()) {
        if use_totp_code(app, holder.user, &code).await? {
            return Ok(FactorKind::Totp);
        }
    } else if let Some(code) = RecoveryCode::parse(&code)
        && use_recovery_code(app, holder, actor, &code).await?
    {
        return Ok(FactorKind::RecoveryCode);
    }
    record_wrong_code(app, holder, actor).await?;
    Err(Error::InvalidCode)
}

/// Removes the spaces that apps insert when they display codes.
pub(crate) fn without_spaces(code: &SecretString) -> SecretString {
    code.expose_secret().chars().filter(|c| !c.is_whitespace()).collect::<String>().into()
}

fn is_totp_code(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}

async fn use_totp_code(app: &App, user: UserId, code: &SecretString) -> Result<bool, Error> {
    let row = app.database.query(move |c| storage::find_totp(c, user)).await?;
    let Some(row) = row.filter(|row| row.confirmed_at.is_some()) else { return Ok(false) };
    let secret = app.factor_secrets.open_totp(&row)?;
    let Some(step) = secret.check(code, app.clock.now()) else { return Ok(false) };
    Ok(app.database.query(move |c| storage::use_totp_step(c, user, step)).await?)
}

async fn use_recovery_code(
    app: &App,
    holder: &Holder,
    actor: &Actor,
    code: &RecoveryCode,
) -> Result<bool, Error> {
    let user = holder.user;
    let hash = app.factor_secrets.hash_recovery_code(code);
    let event = NewEvent::new(EventKind::RecoveryCodeUsed, actor, app.clock.now()).to(user);
    let notice = Notice::Factor(FactorChange::RecoveryCodeUsed);
    let event = app.with_notification(event, actor, holder, notice);
    app.commit(event, move |c, event| storage::use_recovery_code(c, user, &hash, event)).await
}

async fn record_wrong_code(app: &App, holder: &Holder, actor: &Actor) -> Result<(), Error> {
    let user = holder.user;
    let now = app.clock.now();
    let event = NewEvent::new(EventKind::SecondFactorFailed, actor, now).to(user);
    let event = app.with_notification(event, actor, holder, Notice::WrongCodes);
    app.commit(event, move |c, event| storage::insert_wrong_code(c, user, now, event)).await
}
