use chrono::NaiveDateTime;
use diesel::{
    ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl, QueryResult, Queryable, RunQueryDsl,
    Selectable, SelectableHelper, define_sql_function, sql_types::Text,
};

use super::{
    Connection,
    schema::{sessions, user_roles, users},
};
use crate::on_backend;
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
    /// Both databases have it; SQLite since 3.44.
    #[aggregate]
    fn string_agg(value: Text, separator: Text) -> Nullable<Text>;
}

/// Stands between roles; no role has it in its name.
const SEPARATOR: &str = "\u{1f}";

/// A row for each session, or one without.
type Row = (UserRow, Option<String>, Option<SessionId>, Option<NaiveDateTime>);

/// The user's record, or `None` if there is no such user.
///
/// One statement, so that version, roles and sessions are of one moment, and a miss costs one way.
pub fn find_user_record(connection: &mut Connection, id: UserId) -> QueryResult<Option<UserRecord>> {
    let rows: Vec<Row> = on_backend!(connection, |c| {
        let roles = user_roles::table
            .filter(user_roles::user_id.eq(users::id))
            .select(string_agg(user_roles::role, SEPARATOR))
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
        roles.iter().flat_map(|roles| roles.split(SEPARATOR)).map(str::to_owned).collect();
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
