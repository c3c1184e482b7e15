//! What a person changes of their own account.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl, delete,
    dsl::{exists, select},
    insert_into,
    result::{DatabaseErrorKind, Error as QueryError},
    update,
};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_database::{
    Connection, on_backend,
    schema::{passwords, sessions, users},
};

use super::{
    Change, NewAccount, NewEvent, QueryResult,
    accounts::{PasswordRow, insert_account_rows},
    insert_event,
    links::{delete_links_of, take_link},
    outbox::{bump_version, record_change},
    second_factors::delete_factors,
};
use crate::domain::Email;

/// An account as its holder sees it.
#[derive(Debug, Clone, Queryable)]
pub struct Profile {
    /// The address.
    pub email: String,
    /// Whether the person has shown that it is theirs.
    pub email_verified: bool,
    /// When the account was made.
    pub created_at: NaiveDateTime,
    /// When the password was chosen, if there is one.
    pub password_changed_at: Option<NaiveDateTime>,
    /// The password's hash.
    pub hash: Option<String>,
}

/// The user's account.
pub fn find_profile(connection: &mut Connection, user: UserId) -> QueryResult<Option<Profile>> {
    on_backend!(connection, |c| {
        users::table
            .left_join(passwords::table.on(passwords::user_id.eq(users::id)))
            .filter(users::id.eq(user))
            .select((
                users::email,
                users::email_verified,
                users::created_at,
                passwords::changed_at.nullable(),
                passwords::hash.nullable(),
            ))
            .first(c)
            .optional()
    })
}

/// What came of an address that was to become an account's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressChange {
    /// It did; what the cache is to be told.
    Done(Change),
    /// Another account has it by now.
    Taken,
    /// The link was used or replaced meanwhile, or the account is gone.
    LinkGone,
}

/// Makes the account of a registration whose link came back. `None` if the link is gone, `false` if the address has an
/// account by now.
pub fn redeem_registration(
    connection: &mut Connection,
    link: &[u8],
    account: &NewAccount,
    event: &NewEvent,
) -> QueryResult<Option<bool>> {
    connection.transaction(|connection| {
        if !take_link(connection, link, account.now)? {
            return Ok(None);
        }
        let made = insert_account_rows(connection, account)?;
        if made {
            insert_event(connection, event)?;
        }
        Ok(Some(made))
    })
}

/// Keeps that the address is the person's, if it still is the account's.
pub fn verify_address(
    connection: &mut Connection,
    link: &[u8],
    (user, email): (UserId, &Email),
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<Change>> {
    connection.transaction(|connection| {
        if !take_link(connection, link, now)? {
            return Ok(None);
        }
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        let same = users::table.filter(users::id.eq(user)).filter(users::email_key.eq(email.key()));
        let verified = on_backend!(&mut *connection, |c| {
            update(same).set(users::email_verified.eq(true)).execute(c)
        })?;
        if verified == 1 {
            insert_event(connection, event)?;
        }
        record_change(connection, user, version, now).map(|change| (verified == 1).then_some(change))
    })
}

/// Gives the account another address, which the person has shown to be theirs.
pub fn change_address(
    connection: &mut Connection,
    link: &[u8],
    (user, email): (UserId, &Email),
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<AddressChange> {
    let changed = connection.transaction(|connection| {
        if !take_link(connection, link, now)? {
            return Ok(AddressChange::LinkGone);
        }
        let Some(version) = bump_version(connection, user)? else { return Ok(AddressChange::LinkGone) };
        let others = users::table.filter(users::email_key.eq(email.key())).filter(users::id.ne(user));
        if on_backend!(&mut *connection, |c| select(exists(others)).get_result::<bool>(c))? {
            return Ok(AddressChange::Taken);
        }
        let this = users::table.find(user);
        on_backend!(&mut *connection, |c| {
            update(this)
                .set((
                    users::email.eq(email.as_str()),
                    users::email_key.eq(email.key()),
                    users::email_verified.eq(true),
                ))
                .execute(c)
        })?;
        // Links that went to the old address must not change the account any more.
        delete_links_of(connection, user, None)?;
        insert_event(connection, event)?;
        Ok(AddressChange::Done(record_change(connection, user, version, now)?))
    });
    match changed {
        // Somebody else was quicker.
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(AddressChange::Taken),
        changed => changed,
    }
}

/// A password that takes the place of another.
#[derive(Clone)]
pub struct NewPassword {
    /// Whose.
    pub user: UserId,
    /// Its hash.
    pub hash: String,
    /// Now.
    pub now: DateTime<Utc>,
    /// Which sessions go on.
    pub keep: Keep,
}

/// Which sessions go on after the password was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All.
    All,
    /// This one alone.
    Only(SessionId),
    /// None.
    None,
}

/// Changes the password of somebody who knows the one of `known_since`. `None` if it was changed meanwhile.
pub fn change_password(
    connection: &mut Connection,
    new: &NewPassword,
    known_since: Option<NaiveDateTime>,
    event: &NewEvent,
) -> QueryResult<Option<Change>> {
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, new.user)? else { return Ok(None) };
        if super::accounts::password_changed_at(connection, new.user)? != known_since {
            return Ok(None);
        }
        put_password(connection, new)?;
        insert_event(connection, event)?;
        record_change(connection, new.user, version, new.now).map(Some)
    })
}

/// Changes the password of somebody who has the link. `None` if that is gone.
pub fn reset_password(
    connection: &mut Connection,
    link: &[u8],
    new: &NewPassword,
    event: &NewEvent,
) -> QueryResult<Option<Change>> {
    connection.transaction(|connection| {
        if !take_link(connection, link, new.now)? {
            return Ok(None);
        }
        let Some(version) = bump_version(connection, new.user)? else { return Ok(None) };
        let (disabled, verified): (bool, bool) = on_backend!(&mut *connection, |c| {
            users::table.find(new.user).select((users::disabled, users::email_verified)).first(c)
        })?;
        if disabled {
            return Ok(None);
        }
        put_password(connection, new)?;
        // Whoever made an account with somebody else's address is out, with all that they left in it.
        if !verified {
            delete_factors(connection, new.user)?;
        }
        // The link went to the account's address: whoever has it reads that mail.
        on_backend!(&mut *connection, |c| {
            update(users::table.find(new.user)).set(users::email_verified.eq(true)).execute(c)
        })?;
        insert_event(connection, event)?;
        record_change(connection, new.user, version, new.now).map(Some)
    })
}

/// Puts the password in its place, ends the sessions that do not go on, and voids all links.
pub(super) fn put_password(connection: &mut Connection, new: &NewPassword) -> QueryResult<()> {
    let changed_at = new.now.naive_utc();
    let row = PasswordRow { user_id: new.user, hash: &new.hash, changed_at };
    on_backend!(&mut *connection, |c| {
        insert_into(passwords::table)
            .values(&row)
            .on_conflict(passwords::user_id)
            .do_update()
            .set((passwords::hash.eq(&new.hash), passwords::changed_at.eq(changed_at)))
            .execute(c)
    })?;
    let theirs = sessions::table.filter(sessions::user_id.eq(new.user));
    match new.keep {
        Keep::All => 0,
        Keep::Only(session) => {
            on_backend!(&mut *connection, |c| delete(theirs.filter(sessions::id.ne(session))).execute(c))?
        }
        Keep::None => on_backend!(&mut *connection, |c| delete(theirs).execute(c))?,
    };
    delete_links_of(connection, new.user, None)
}
