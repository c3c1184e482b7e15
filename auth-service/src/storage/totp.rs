use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult,
    Queryable, RunQueryDsl, Selectable, SelectableHelper, delete, insert_into, update,
};
use drawbridge_core::id::UserId;
use drawbridge_database::{Connection, on_backend, schema::totp_secrets};

use super::{
    audit::NewEvent,
    second_factors::{FactorAddition, NewFactor, add_factor},
};

/// The authenticator app of an account.
#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = totp_secrets)]
pub struct TotpRow {
    /// The account.
    pub user_id: UserId,
    /// The secret, sealed under the master secret.
    pub sealed: Vec<u8>,
    /// The time step of the last accepted code.
    pub last_step: i64,
    /// When the secret was created.
    pub created_at: NaiveDateTime,
    /// When the user entered the first code, which completes the set-up.
    pub confirmed_at: Option<NaiveDateTime>,
}

/// The authenticator app of an account, confirmed or not.
pub fn find_totp(connection: &mut Connection, user: UserId) -> QueryResult<Option<TotpRow>> {
    on_backend!(connection, |c| {
        totp_secrets::table.find(user).select(TotpRow::as_select()).first(c).optional()
    })
}

/// Starts the set-up of an app. Returns false if the account already has a confirmed one.
pub fn begin_totp(connection: &mut Connection, row: &TotpRow) -> QueryResult<bool> {
    let unconfirmed = totp_secrets::table
        .filter(totp_secrets::user_id.eq(row.user_id).and(totp_secrets::confirmed_at.is_null()));
    connection.transaction(|connection| {
        on_backend!(&mut *connection, |c| delete(unconfirmed).execute(c))?;
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

/// Uses up the code of a time step. Returns false if it or a later code was already used.
pub fn use_totp_step(connection: &mut Connection, user: UserId, step: i64) -> QueryResult<bool> {
    let unused =
        totp_secrets::table.filter(totp_secrets::user_id.eq(user).and(totp_secrets::last_step.lt(step)));
    let used = on_backend!(connection, |c| {
        update(unused.filter(totp_secrets::confirmed_at.is_not_null()))
            .set(totp_secrets::last_step.eq(step))
            .execute(c)
    })?;
    Ok(used == 1)
}

/// Completes the set-up of an app with the code of time step `step`.
pub fn confirm_totp(
    connection: &mut Connection,
    unconfirmed: &TotpRow,
    step: i64,
    now: DateTime<Utc>,
    new: &NewFactor,
    event: &NewEvent,
) -> QueryResult<FactorAddition> {
    let same = totp_secrets::table.filter(
        totp_secrets::user_id
            .eq(unconfirmed.user_id)
            .and(totp_secrets::confirmed_at.is_null())
            .and(totp_secrets::sealed.eq(unconfirmed.sealed.clone())),
    );
    add_factor(connection, new, event, |connection, _| {
        let confirmed = on_backend!(connection, |c| {
            update(same)
                .set((totp_secrets::confirmed_at.eq(now.naive_utc()), totp_secrets::last_step.eq(step)))
                .execute(c)
        })?;
        Ok((confirmed == 1).then_some(()).ok_or(FactorAddition::Conflict))
    })
}
