use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl, Selectable, SelectableHelper, delete,
    dsl::{exists, select},
    insert_into, update,
};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_database::{
    Connection, on_backend,
    schema::{passkeys, recovery_codes, sessions, totp_secrets, users},
};

use super::{NewEvent, PasskeyRow, QueryResult, insert_event};

/// What a user has beside the password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecondFactors {
    /// An authenticator app.
    pub totp: bool,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
    /// How many passkeys there are.
    pub passkeys: i64,
}

impl SecondFactors {
    /// Whether there is one that sign-in asks for; recovery codes only stand in for one.
    pub fn any(&self) -> bool {
        self.totp || self.passkeys > 0
    }
}

/// The secret of an authenticator app.
#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = totp_secrets)]
pub struct TotpRow {
    /// Whose it is.
    pub user_id: UserId,
    /// The secret, under the master secret.
    pub sealed: Vec<u8>,
    /// The time step of the last code that was taken.
    pub last_step: i64,
    /// When it was made.
    pub created_at: NaiveDateTime,
    /// When the person showed that the app has it.
    pub confirmed_at: Option<NaiveDateTime>,
}

/// What came of removing a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// There was none.
    Absent,
    /// It is the last one, and one must be left.
    Last,
    /// Without it nobody could sign in to the account.
    LastWayIn,
}

/// What the user has.
pub fn find_second_factors(connection: &mut Connection, user: UserId) -> QueryResult<SecondFactors> {
    let totp = totp_secrets::table
        .filter(totp_secrets::user_id.eq(user).and(totp_secrets::confirmed_at.is_not_null()));
    let codes = recovery_codes::table.filter(recovery_codes::user_id.eq(user));
    let keys = passkeys::table.filter(passkeys::user_id.eq(user));
    let counts = on_backend!(connection, |c| {
        select((totp.count().single_value(), codes.count().single_value(), keys.count().single_value()))
            .get_result::<(Option<i64>, Option<i64>, Option<i64>)>(c)
    })?;
    let (totp, recovery_codes, passkeys) = counts;
    Ok(SecondFactors {
        totp: totp.unwrap_or(0) > 0,
        recovery_codes: recovery_codes.unwrap_or(0),
        passkeys: passkeys.unwrap_or(0),
    })
}

/// The user's authenticator app, confirmed or not.
pub fn find_totp(connection: &mut Connection, user: UserId) -> QueryResult<Option<TotpRow>> {
    on_backend!(connection, |c| {
        totp_secrets::table.find(user).select(TotpRow::as_select()).first(c).optional()
    })
}

/// Begins the set-up of an app. `false` if one is in use already.
pub fn begin_totp(connection: &mut Connection, row: &TotpRow) -> QueryResult<bool> {
    let begun = totp_secrets::table
        .filter(totp_secrets::user_id.eq(row.user_id).and(totp_secrets::confirmed_at.is_null()));
    connection.transaction(|connection| {
        on_backend!(&mut *connection, |c| delete(begun).execute(c))?;
        let inserted = on_backend!(connection, |c| {
            insert_into(totp_secrets::table)
                .values(row)
                .on_conflict(totp_secrets::user_id)
                .do_nothing()
                .execute(c)
        })?;
        Ok(inserted == 1)
    })
}

/// Takes the code of a time step, if none of it or of a later one was taken: each code once.
pub fn take_totp_step(connection: &mut Connection, user: UserId, step: i64) -> QueryResult<bool> {
    let unused =
        totp_secrets::table.filter(totp_secrets::user_id.eq(user).and(totp_secrets::last_step.lt(step)));
    let taken = on_backend!(connection, |c| {
        update(unused.filter(totp_secrets::confirmed_at.is_not_null()))
            .set(totp_secrets::last_step.eq(step))
            .execute(c)
    })?;
    Ok(taken == 1)
}

/// By what right somebody adds a factor. It must still hold when the factor is added.
#[derive(Debug, Clone, Copy)]
pub enum Right {
    /// A session that is alive.
    Session(SessionId),
    /// The password that was chosen then, while the account has no factor.
    First(Option<NaiveDateTime>),
}

/// A factor that is to be added.
#[derive(Clone)]
pub struct NewFactor {
    /// Whose.
    pub user: UserId,
    /// By what right.
    pub right: Right,
    /// What the audit log keeps of it.
    pub event: NewEvent,
    /// The hashes of recovery codes, for somebody who has none yet, and what the audit log keeps of them.
    pub recovery: (Vec<Vec<u8>>, NewEvent),
}

/// What came of adding a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there; whether the recovery codes are, too.
    Done {
        /// They are good from now on.
        recovery_codes: bool,
    },
    /// The right no longer holds.
    NoRight,
    /// It is there already, or was begun anew meanwhile.
    Conflict,
    /// There are as many as there may be.
    TooMany,
}

/// Ends the set-up of an app with its first code.
pub fn confirm_totp(
    connection: &mut Connection,
    begun: &TotpRow,
    step: i64,
    now: DateTime<Utc>,
    new: &NewFactor,
) -> QueryResult<Added> {
    let same = totp_secrets::table.filter(
        totp_secrets::user_id
            .eq(begun.user_id)
            .and(totp_secrets::confirmed_at.is_null())
            .and(totp_secrets::sealed.eq(begun.sealed.clone())),
    );
    add_factor(connection, new, |connection, _| {
        let confirmed = on_backend!(connection, |c| {
            update(same)
                .set((totp_secrets::confirmed_at.eq(now.naive_utc()), totp_secrets::last_step.eq(step)))
                .execute(c)
        })?;
        Ok((confirmed == 1).then_some(()).ok_or(Added::Conflict))
    })
}

/// Adds a passkey, unless there are `most`.
pub fn insert_passkey(
    connection: &mut Connection,
    passkey: &PasskeyRow,
    most: i64,
    new: &NewFactor,
) -> QueryResult<Added> {
    add_factor(connection, new, |connection, has| {
        if has.passkeys >= most {
            return Ok(Err(Added::TooMany));
        }
        let inserted = on_backend!(connection, |c| {
            insert_into(passkeys::table).values(passkey).on_conflict(passkeys::id).do_nothing().execute(c)
        })?;
        Ok((inserted == 1).then_some(()).ok_or(Added::Conflict))
    })
}

fn add_factor(
    connection: &mut Connection,
    new: &NewFactor,
    add: impl FnOnce(&mut Connection, SecondFactors) -> QueryResult<Result<(), Added>>,
) -> QueryResult<Added> {
    connection.transaction(|connection| {
        lock_user(connection, new.user)?;
        let has = find_second_factors(connection, new.user)?;
        if !holds(connection, new.user, new.right, has)? {
            return Ok(Added::NoRight);
        }
        if let Err(refusal) = add(connection, has)? {
            return Ok(refusal);
        }
        insert_event(connection, &new.event)?;
        let recovery_codes = has.recovery_codes == 0;
        if recovery_codes {
            let (hashes, event) = &new.recovery;
            insert_recovery_codes(connection, new.user, hashes)?;
            insert_event(connection, event)?;
        }
        Ok(Added::Done { recovery_codes })
    })
}

fn holds(connection: &mut Connection, user: UserId, right: Right, has: SecondFactors) -> QueryResult<bool> {
    let active = users::table.filter(users::id.eq(user).and(users::disabled.eq(false)));
    if !on_backend!(&mut *connection, |c| select(exists(active)).get_result::<bool>(c))? {
        return Ok(false);
    }
    match right {
        Right::Session(session) => {
            let alive = sessions::table.filter(sessions::id.eq(session).and(sessions::user_id.eq(user)));
            on_backend!(connection, |c| select(exists(alive)).get_result(c))
        }
        Right::First(known_since) => {
            let changed_at = super::accounts::password_changed_at(connection, user)?;
            Ok(!has.any() && changed_at == known_since)
        }
    }
}

/// Removes all factors of a user; whether there were any.
pub fn remove_factors(connection: &mut Connection, user: UserId, event: &NewEvent) -> QueryResult<bool> {
    connection.transaction(|connection| {
        lock_user(connection, user)?;
        let had = find_second_factors(connection, user)?.any();
        delete_factors(connection, user)?;
        if had {
            insert_event(connection, event)?;
        }
        Ok(had)
    })
}

pub(super) fn delete_factors(connection: &mut Connection, user: UserId) -> QueryResult<()> {
    let theirs = passkeys::table.filter(passkeys::user_id.eq(user));
    on_backend!(&mut *connection, |c| delete(theirs).execute(c))?;
    on_backend!(&mut *connection, |c| delete(totp_secrets::table.find(user)).execute(c))?;
    delete_recovery_codes(connection, user)
}

/// Removes the authenticator app; where `one_must_stay`, not if it is the last factor.
pub fn delete_totp(
    connection: &mut Connection,
    user: UserId,
    one_must_stay: bool,
    event: &NewEvent,
) -> QueryResult<Removal> {
    connection.transaction(|connection| {
        lock_user(connection, user)?;
        let factors = find_second_factors(connection, user)?;
        if !factors.totp {
            return Ok(Removal::Absent);
        }
        if one_must_stay && factors.passkeys == 0 {
            return Ok(Removal::Last);
        }
        on_backend!(&mut *connection, |c| delete(totp_secrets::table.find(user)).execute(c))?;
        after_removal(connection, user)?;
        insert_event(connection, event)?;
        Ok(Removal::Removed)
    })
}

/// Removes a passkey; where `one_must_stay`, not if it is the last factor, and never if it is the only way in: an
/// account without a password on a deployment that `can_reset` none.
pub fn delete_passkey(
    connection: &mut Connection,
    user: UserId,
    id: &[u8],
    (one_must_stay, can_reset): (bool, bool),
    event: &NewEvent,
) -> QueryResult<Removal> {
    connection.transaction(|connection| {
        lock_user(connection, user)?;
        let factors = find_second_factors(connection, user)?;
        let this = passkeys::table.filter(passkeys::id.eq(id).and(passkeys::user_id.eq(user)));
        let is_last = factors.passkeys == 1;
        if is_last && one_must_stay && !factors.totp {
            return Ok(Removal::Last);
        }
        if is_last && !can_reset && super::accounts::password_changed_at(connection, user)?.is_none() {
            return Ok(Removal::LastWayIn);
        }
        if on_backend!(&mut *connection, |c| delete(this).execute(c))? == 0 {
            return Ok(Removal::Absent);
        }
        after_removal(connection, user)?;
        insert_event(connection, event)?;
        Ok(Removal::Removed)
    })
}

/// Recovery codes stand in for a factor: without one they open nothing.
fn after_removal(connection: &mut Connection, user: UserId) -> QueryResult<()> {
    if !find_second_factors(connection, user)?.any() {
        delete_recovery_codes(connection, user)?;
    }
    Ok(())
}

/// Replaces the recovery codes by those with these hashes.
pub fn replace_recovery_codes(
    connection: &mut Connection,
    user: UserId,
    hashes: &[Vec<u8>],
    event: &NewEvent,
) -> QueryResult<()> {
    connection.transaction(|connection| {
        lock_user(connection, user)?;
        delete_recovery_codes(connection, user)?;
        insert_recovery_codes(connection, user, hashes)?;
        insert_event(connection, event)
    })
}

fn insert_recovery_codes(connection: &mut Connection, user: UserId, hashes: &[Vec<u8>]) -> QueryResult<()> {
    for hash in hashes {
        let row = (recovery_codes::user_id.eq(user), recovery_codes::hash.eq(hash));
        on_backend!(&mut *connection, |c| insert_into(recovery_codes::table).values(row).execute(c))?;
    }
    Ok(())
}

fn delete_recovery_codes(connection: &mut Connection, user: UserId) -> QueryResult<()> {
    let theirs = recovery_codes::table.filter(recovery_codes::user_id.eq(user));
    on_backend!(connection, |c| delete(theirs).execute(c)).map(drop)
}

/// Uses a recovery code up; whether it was there.
pub fn use_recovery_code(
    connection: &mut Connection,
    user: UserId,
    hash: &[u8],
    event: &NewEvent,
) -> QueryResult<bool> {
    let this = recovery_codes::table.find((user, hash));
    connection.transaction(|connection| {
        let used = on_backend!(&mut *connection, |c| delete(this).execute(c))?;
        if used == 1 {
            insert_event(connection, event)?;
        }
        Ok(used == 1)
    })
}

/// From here on in the transaction, nobody else changes this user's factors.
fn lock_user(connection: &mut Connection, user: UserId) -> QueryResult<()> {
    on_backend!(connection, |c| {
        update(users::table.find(user)).set(users::disabled.eq(users::disabled)).execute(c)
    })
    .map(drop)
}
