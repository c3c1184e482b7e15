use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::{ExpressionMethods, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};
use drawbridge_core::id::UserId;
use drawbridge_database::{
    Connection, on_backend,
    schema::{passwords, user_roles, users},
};

use super::QueryResult;

/// An account with all that goes along to another system.
pub struct ExportedAccount {
    /// The user.
    pub id: UserId,
    /// The address.
    pub email: String,
    /// Whether the person has shown that the address is theirs.
    pub email_verified: bool,
    /// Whether the user may not sign in.
    pub disabled: bool,
    /// When the account was made.
    pub created_at: NaiveDateTime,
    /// Its roles, in their order.
    pub roles: Vec<String>,
    /// The password's hash, if it was asked for and there is one.
    pub hash: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct UserRow {
    id: UserId,
    email: String,
    email_verified: bool,
    disabled: bool,
    created_at: NaiveDateTime,
}

/// Accounts in the order in which they were made: at most `limit`, after the one with id `after`.
pub fn find_accounts_to_export(
    connection: &mut Connection,
    after: Option<UserId>,
    limit: i64,
    with_hashes: bool,
) -> QueryResult<Vec<ExportedAccount>> {
    let rows: Vec<UserRow> = on_backend!(&mut *connection, |c| {
        let mut page = users::table.select(UserRow::as_select()).order(users::id).limit(limit).into_boxed();
        if let Some(after) = after {
            page = page.filter(users::id.gt(after));
        }
        page.load(c)
    })?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let roles: Vec<(UserId, String)> = on_backend!(&mut *connection, |c| {
        user_roles::table
            .filter(user_roles::user_id.eq_any(&ids))
            .order((user_roles::user_id, user_roles::role))
            .select((user_roles::user_id, user_roles::role))
            .load(c)
    })?;
    let mut roles_of: HashMap<UserId, Vec<String>> = HashMap::new();
    for (id, role) in roles {
        roles_of.entry(id).or_default().push(role);
    }
    let mut hash_of: HashMap<UserId, String> = HashMap::new();
    if with_hashes {
        let hashes: Vec<(UserId, String)> = on_backend!(connection, |c| {
            passwords::table
                .filter(passwords::user_id.eq_any(&ids))
                .select((passwords::user_id, passwords::hash))
                .load(c)
        })?;
        hash_of.extend(hashes);
    }
    let exported = rows.into_iter().map(|row| ExportedAccount {
        roles: roles_of.remove(&row.id).unwrap_or_default(),
        hash: hash_of.remove(&row.id),
        id: row.id,
        email: row.email,
        email_verified: row.email_verified,
        disabled: row.disabled,
        created_at: row.created_at,
    });
    Ok(exported.collect())
}
