use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, delete,
    dsl::{exists, select},
};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_database::{
    Connection, on_backend,
    schema::{passkeys, sessions, totp_secrets, users},
};

use super::{
    accounts::lock_user,
    audit::{NewEvent, insert_event},
    enrolled_factors::find_enrolled_factors,
    outbox::{CommitOutcome, UserChange, without_change},
    passwords::find_password_change,
    recovery_codes::{RecoveryCodeHashes, delete_recovery_codes, insert_recovery_codes},
    second_factor_mark::unmark_sessions,
};
use crate::domain::EnrolledFactors;

/// A factor to add.
#[derive(Clone)]
pub struct NewFactor {
    /// The account.
    pub user: UserId,
    /// What allows adding the factor.
    pub authorization: Authorization,
    /// Recovery codes to store if the account has none.
    pub recovery_codes: RecoveryCodeHashes,
}

/// What allows a user to add a factor. It must still be valid when the factor is added.
#[derive(Debug, Clone, Copy)]
pub enum Authorization {
    /// An active session.
    Session(SessionId),
    /// The password that was set at this time, while the account has no factor.
    FirstFactor {
        /// When the password was set, if it is known.
        password_changed_at: Option<NaiveDateTime>,
    },
}

/// The result of adding a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorAddition {
    /// The factor was added.
    Added {
        /// Whether the new recovery codes were stored as well.
        recovery_codes: bool,
    },
    /// The authorization is no longer valid.
    NotAuthorized,
    /// The factor exists already, or its set-up was restarted in the meantime.
    Conflict,
    /// The account has the maximum number of passkeys.
    TooMany,
}

/// Rules for removing a factor.
#[derive(Debug, Clone, Copy)]
pub struct RemovalRules {
    /// Whether the last factor must stay.
    pub factor_required: bool,
    /// Whether a user without a password can set one with a mailed link.
    pub password_resettable: bool,
}

/// The result of removing a factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorRemoval {
    /// The factor was removed.
    Removed {
        /// The change to the user's record, if it was the last factor and a session had been started or confirmed with
        /// one.
        change: Option<UserChange>,
    },
    /// There was no such factor.
    NotFound,
    /// It is the last factor, and the deployment requires one.
    LastFactor,
    /// Without it, the user could no longer sign in.
    LastWayIn,
}

without_change!(FactorAddition);

impl CommitOutcome for FactorRemoval {
    fn change(&self) -> Option<&UserChange> {
        match self {
            Self::Removed { change } => change.as_ref(),
            Self::NotFound | Self::LastFactor | Self::LastWayIn => None,
        }
    }
}

/// Adds a factor by calling `add` with the existing factors. Stores recovery codes as well if the account has none.
pub(super) fn add_factor(
    connection: &mut Connection,
    new: &NewFactor,
    event: &NewEvent,
    add: impl FnOnce(&mut Connection, EnrolledFactors) -> QueryResult<Result<(), FactorAddition>>,
) -> QueryResult<FactorAddition> {
    connection.transaction(|connection| {
        lock_user(connection, new.user)?;
        let enrolled = find_enrolled_factors(connection, new.user)?;
        if !is_authorized(connection, new, enrolled)? {
            return Ok(FactorAddition::NotAuthorized);
        }
        if let Err(refusal) = add(connection, enrolled)? {
            return Ok(refusal);
        }
        insert_event(connection, event)?;
        let recovery_codes = enrolled.recovery_codes == 0;
        if recovery_codes {
            insert_recovery_codes(connection, new.user, &new.recovery_codes.hashes)?;
            insert_event(connection, &new.recovery_codes.event)?;
        }
        Ok(FactorAddition::Added { recovery_codes })
    })
}

fn is_authorized(
    connection: &mut Connection,
    new: &NewFactor,
    enrolled: EnrolledFactors,
) -> QueryResult<bool> {
    let enabled = users::table.filter(users::id.eq(new.user).and(users::disabled.eq(false)));
    if !on_backend!(&mut *connection, |c| select(exists(enabled)).get_result::<bool>(c))? {
        return Ok(false);
    }
    match new.authorization {
        Authorization::Session(session) => {
            let active = sessions::table.filter(sessions::id.eq(session).and(sessions::user_id.eq(new.user)));
            on_backend!(connection, |c| select(exists(active)).get_result(c))
        }
        Authorization::FirstFactor { password_changed_at } => {
            let changed_at = find_password_change(connection, new.user)?;
            Ok(!enrolled.any() && changed_at == password_changed_at)
        }
    }
}

/// Removes all factors of an account, and leaves the delivery of the change to the relay. Returns false if the account
/// had none.
pub fn remove_factors(
    connection: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<bool> {
    connection.transaction(|connection| {
        lock_user(connection, user)?;
        let had_factors = find_enrolled_factors(connection, user)?.any();
        delete_factors(connection, user)?;
        unmark_sessions(connection, user, now)?;
        if had_factors {
            insert_event(connection, event)?;
        }
        Ok(had_factors)
    })
}

pub(super) fn delete_factors(connection: &mut Connection, user: UserId) -> QueryResult<()> {
    let theirs = passkeys::table.filter(passkeys::user_id.eq(user));
    on_backend!(&mut *connection, |c| delete(theirs).execute(c))?;
    on_backend!(&mut *connection, |c| delete(totp_secrets::table.find(user)).execute(c))?;
    delete_recovery_codes(connection, user)
}

/// Removes the authenticator app of an account.
pub fn delete_totp(
    connection: &mut Connection,
    user: UserId,
    rules: RemovalRules,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<FactorRemoval> {
    connection.transaction(|connection| {
        lock_user(connection, user)?;
        let enrolled = find_enrolled_factors(connection, user)?;
        if !enrolled.totp {
            return Ok(FactorRemoval::NotFound);
        }
        if rules.factor_required && enrolled.passkeys == 0 {
            return Ok(FactorRemoval::LastFactor);
        }
        on_backend!(&mut *connection, |c| delete(totp_secrets::table.find(user)).execute(c))?;
        let change = clean_up_after_removal(connection, user, now)?;
        insert_event(connection, event)?;
        Ok(FactorRemoval::Removed { change })
    })
}

/// Removes a passkey of an account. The last passkey stays if the account has no password and cannot get one.
pub fn delete_passkey(
    connection: &mut Connection,
    user: UserId,
    id: &[u8],
    rules: RemovalRules,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<FactorRemoval> {
    connection.transaction(|connection| {
        lock_user(connection, user)?;
        let enrolled = find_enrolled_factors(connection, user)?;
        let is_last = enrolled.passkeys == 1;
        if is_last && rules.factor_required && !enrolled.totp {
            return Ok(FactorRemoval::LastFactor);
        }
        if is_last && !rules.password_resettable && find_password_change(connection, user)?.is_none() {
            return Ok(FactorRemoval::LastWayIn);
        }
        let this = passkeys::table.filter(passkeys::id.eq(id).and(passkeys::user_id.eq(user)));
        if on_backend!(&mut *connection, |c| delete(this).execute(c))? == 0 {
            return Ok(FactorRemoval::NotFound);
        }
        let change = clean_up_after_removal(connection, user, now)?;
        insert_event(connection, event)?;
        Ok(FactorRemoval::Removed { change })
    })
}

/// If no factor is left, deletes the recovery codes, which could only replace one, and removes the mark of a second
/// factor from all sessions, because no session may rely on a factor that no longer exists.
fn clean_up_after_removal(
    connection: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Option<UserChange>> {
    if find_enrolled_factors(connection, user)?.any() {
        return Ok(None);
    }
    delete_recovery_codes(connection, user)?;
    unmark_sessions(connection, user, now)
}
