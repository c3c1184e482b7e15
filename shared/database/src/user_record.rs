use chrono::NaiveDateTime;
use diesel::{
    ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl, QueryResult, Queryable, RunQueryDsl,
    Selectable, SelectableHelper, define_sql_function, sql_types::Text,
};

use crate::{
    connection::Connection,
    on_backend,
    schema::{sessions, user_roles, users},
};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_verification::user_record::UserRecord;

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct UserRow {
    id: UserId,
    email: String,
    email_verified: bool,
    disabled: bool,
    version: i64,
}

define_sql_function! {
    /// Joins text values with a separator. PostgreSQL has this function, and SQLite since 3.44.
    #[aggregate]
    fn string_agg(value: Text, separator: Text) -> Nullable<Text>;
}

/// Separates roles. No role contains it.
const ROLE_SEPARATOR: &str = "\u{1f}";

/// One row per session, or a single row without a session.
type Row = (UserRow, Option<String>, Option<SessionId>, Option<NaiveDateTime>);

/// Finds a user's record; `None` if there is no such user.
///
/// A single statement reads a consistent version, roles and sessions, and costs one round trip.
pub fn find_user_record(connection: &mut Connection, id: UserId) -> QueryResult<Option<UserRecord>> {
    let rows: Vec<Row> = on_backend!(connection, |c| {
        let roles = user_roles::table
            .filter(user_roles::user_id.eq(users::id))
            .select(string_agg(user_roles::role, ROLE_SEPARATOR))
            .single_value();
        users::table
            .left_join(sessions::table.on(sessions::user_id.eq(users::id)))
            .filter(users::id.eq(id))
            .select((UserRow::as_select(), roles, sessions::id.nullable(), sessions::expires_at.nullable()))
            .load(c)
    })?;
    let sessions = rows.iter().filter_map(|(_, _, id, end)| Some(((*id)?, (*end)?.and_utc()))).collect();
    let Some((user, roles, _, _)) = rows.into_iter().next() else { return Ok(None) };
    let mut roles: Vec<_> =
        roles.iter().flat_map(|roles| roles.split(ROLE_SEPARATOR)).map(str::to_owned).collect();
    roles.sort_unstable();
    Ok(Some(UserRecord {
        id: user.id,
        email: user.email,
        email_verified: user.email_verified,
        roles,
        disabled: user.disabled,
        version: user.version,
        sessions,
    }))
}
