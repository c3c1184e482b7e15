use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, Queryable, RunQueryDsl, Selectable,
    SelectableHelper,
};

use super::{
    Connection,
    schema::{sessions, user_roles, users},
};
use crate::{
    id::{SessionId, UserId},
    on_backend,
    user_record::UserRecord,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct UserRow {
    id: UserId,
    email: String,
    email_verified: bool,
    disabled: bool,
    version: i64,
}

/// The user's record, or `None` if there is no such user.
///
/// The version is read first: should a change come between the reads, the record holds newer facts
/// than its version says, and the next version replaces it. The other way round it would be wrong
/// for good.
pub fn find_user_record(connection: &mut Connection, id: UserId) -> QueryResult<Option<UserRecord>> {
    let user = on_backend!(connection, |c| {
        users::table.find(id).select(UserRow::as_select()).first(c).optional()
    })?;
    let Some(user) = user else { return Ok(None) };
    let roles = on_backend!(connection, |c| {
        user_roles::table
            .filter(user_roles::user_id.eq(id))
            .select(user_roles::role)
            .order(user_roles::role)
            .load(c)
    })?;
    let sessions =
        on_backend!(connection, |c| {
            sessions::table
                .filter(sessions::user_id.eq(id))
                .select((sessions::id, sessions::expires_at))
                .load::<(SessionId, chrono::NaiveDateTime)>(c)
        })?;
    Ok(Some(UserRecord {
        id: user.id,
        email: user.email,
        email_verified: user.email_verified,
        roles,
        disabled: user.disabled,
        version: user.version,
        sessions: sessions.into_iter().map(|(id, expires_at)| (id, expires_at.and_utc())).collect(),
    }))
}
