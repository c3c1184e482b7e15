use chrono::NaiveDateTime;
use diesel::{
    Column, ExpressionMethods, IntoSql, JoinOnDsl, NullableExpressionMethods, QueryDsl, QueryResult,
    Queryable, RunQueryDsl, Selectable, SelectableHelper, define_sql_function,
    result::Error as QueryError,
    sql_types::{Bool, Nullable, Text},
};

use crate::{
    connection::Connection,
    on_backend,
    schema::{sessions, user_roles, users},
};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_verification::user_record::{ListedSession, UserRecord};

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

/// One row per session, or a single row without a session: the user, the roles, and the session's ID, absolute timeout
/// and second factor.
type Row = (UserRow, Option<String>, Option<SessionId>, Option<NaiveDateTime>, Option<bool>);

/// Loads the rows of a user, with `$second_factor` as the last column.
macro_rules! load_rows {
    ($connection:expr, $user:expr, $second_factor:expr) => {
        on_backend!($connection, |c| {
            let roles = user_roles::table
                .filter(user_roles::user_id.eq(users::id))
                .select(string_agg(user_roles::role, ROLE_SEPARATOR))
                .single_value();
            users::table
                .left_join(sessions::table.on(sessions::user_id.eq(users::id)))
                .filter(users::id.eq($user))
                .select((
                    UserRow::as_select(),
                    roles,
                    sessions::id.nullable(),
                    sessions::expires_at.nullable(),
                    $second_factor,
                ))
                .load::<Row>(c)
        })
    };
}

/// Finds a user's record; `None` if there is no such user.
///
/// A single statement reads a consistent version, roles and sessions, and costs one round trip.
pub fn find_user_record(connection: &mut Connection, id: UserId) -> QueryResult<Option<UserRecord>> {
    let mut rows = load_rows!(&mut *connection, id, sessions::second_factor.nullable());
    if rows.as_ref().is_err_and(is_about_missing_column) {
        rows = load_rows!(connection, id, None::<bool>.into_sql::<Nullable<Bool>>());
    }
    let rows = rows?;
    let sessions = rows.iter().filter_map(listed_session).collect();
    let Some((user, roles, ..)) = rows.into_iter().next() else { return Ok(None) };
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

/// Returns true if `sessions` has no column `second_factor` yet: verify-service is upgraded before auth-service, which
/// adds it. The text may be in any language, but contains the name.
fn is_about_missing_column(error: &QueryError) -> bool {
    let column = <sessions::second_factor as Column>::NAME;
    matches!(error, QueryError::DatabaseError(_, info) if info.message().contains(column))
}

fn listed_session((_, _, id, expires_at, second_factor): &Row) -> Option<ListedSession> {
    Some(ListedSession {
        id: (*id)?,
        expires_at: (*expires_at)?.and_utc(),
        second_factor: second_factor.unwrap_or(false),
    })
}
