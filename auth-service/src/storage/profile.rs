use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult,
    Queryable, RunQueryDsl,
    dsl::{exists, select},
    result::{DatabaseErrorKind, Error as QueryError},
    update,
};
use drawbridge_core::id::UserId;
use drawbridge_database::{
    Connection, on_backend,
    schema::{passwords, users},
};

use super::{
    accounts::{NewAccount, insert_account_rows},
    audit::{NewEvent, insert_event},
    links::{delete_links_of, take_link},
    outbox::{CommitOutcome, UserChange, bump_version, record_change, without_change},
    passwords::{NewPassword, put_password},
    second_factors::delete_factors,
};
use crate::domain::Email;

/// An account as its owner sees it.
#[derive(Clone, Queryable)]
pub struct Profile {
    /// The address.
    pub email: String,
    /// Whether the address was confirmed.
    pub email_verified: bool,
    /// When the account was created.
    pub created_at: NaiveDateTime,
    /// When the password was set, if there is one.
    pub password_changed_at: Option<NaiveDateTime>,
    /// The hash of the password.
    pub hash: Option<String>,
}

/// The result of using a sign-up link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationOutcome {
    /// The account was created.
    Created,
    /// Another account now has the address.
    EmailTaken,
    /// The link was used or invalidated in the meantime.
    LinkInvalid,
}

without_change!(RegistrationOutcome);

/// The result of changing an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressChangeOutcome {
    /// The address was changed.
    Changed(UserChange),
    /// Another account now has the address.
    EmailTaken,
    /// The link was used or invalidated in the meantime, or the account was deleted.
    LinkInvalid,
}

impl CommitOutcome for AddressChangeOutcome {
    fn change(&self) -> Option<&UserChange> {
        match self {
            Self::Changed(change) => Some(change),
            Self::EmailTaken | Self::LinkInvalid => None,
        }
    }
}

/// The profile of an account.
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

/// Uses up a sign-up link and creates the account.
pub fn redeem_registration(
    connection: &mut Connection,
    link: &[u8],
    account: &NewAccount,
    event: &NewEvent,
) -> QueryResult<RegistrationOutcome> {
    connection.transaction(|connection| {
        if !take_link(connection, link, account.now)? {
            return Ok(RegistrationOutcome::LinkInvalid);
        }
        if !insert_account_rows(connection, account)? {
            return Ok(RegistrationOutcome::EmailTaken);
        }
        insert_event(connection, event)?;
        Ok(RegistrationOutcome::Created)
    })
}

/// Uses up a link and marks the address as confirmed. Returns `None` if the link is invalid or the account now has a
/// different address.
pub fn verify_address(
    connection: &mut Connection,
    link: &[u8],
    user: UserId,
    email: &Email,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<UserChange>> {
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
        let change = record_change(connection, user, version, now)?;
        Ok((verified == 1).then_some(change))
    })
}

/// Uses up a link and changes the address of the account to `email`.
pub fn change_address(
    connection: &mut Connection,
    link: &[u8],
    user: UserId,
    email: &Email,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<AddressChangeOutcome> {
    let outcome = connection.transaction(|connection| {
        if !take_link(connection, link, now)? {
            return Ok(AddressChangeOutcome::LinkInvalid);
        }
        let Some(version) = bump_version(connection, user)? else {
            return Ok(AddressChangeOutcome::LinkInvalid);
        };
        let others = users::table.filter(users::email_key.eq(email.key())).filter(users::id.ne(user));
        if on_backend!(&mut *connection, |c| select(exists(others)).get_result::<bool>(c))? {
            return Ok(AddressChangeOutcome::EmailTaken);
        }
        let event = event.before_address_changes(connection)?;
        update_address(connection, user, email)?;
        // Links sent to the old address must no longer be able to change the account.
        delete_links_of(connection, user)?;
        insert_event(connection, &event)?;
        Ok(AddressChangeOutcome::Changed(record_change(connection, user, version, now)?))
    });
    match outcome {
        // A concurrent transaction took the address after the check above.
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            Ok(AddressChangeOutcome::EmailTaken)
        }
        outcome => outcome,
    }
}

fn update_address(connection: &mut Connection, user: UserId, email: &Email) -> QueryResult<()> {
    let address =
        (users::email.eq(email.as_str()), users::email_key.eq(email.key()), users::email_verified.eq(true));
    on_backend!(connection, |c| update(users::table.find(user)).set(address).execute(c)).map(drop)
}

/// Uses up a link and resets the password. Returns `None` if the link is invalid or the account is disabled.
pub fn reset_password(
    connection: &mut Connection,
    link: &[u8],
    new: &NewPassword,
    event: &NewEvent,
) -> QueryResult<Option<UserChange>> {
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
        // If someone signed up with another person's address, their factors must not survive the owner's reset.
        if !verified {
            delete_factors(connection, new.user)?;
        }
        // The link was sent to the address, so using it confirms the address.
        on_backend!(&mut *connection, |c| {
            update(users::table.find(new.user)).set(users::email_verified.eq(true)).execute(c)
        })?;
        insert_event(connection, event)?;
        record_change(connection, new.user, version, new.now).map(Some)
    })
}
