use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, Queryable, RunQueryDsl, Selectable, SelectableHelper,
};
use drawbridge_core::id::UserId;
use drawbridge_database::{
    Connection, on_backend,
    schema::{passwords, user_roles, users},
};

/// An account to move to another system.
pub struct ExportedAccount {
    /// The user.
    pub id: UserId,
    /// The address.
    pub email: String,
    /// Whether the address was confirmed.
    pub email_verified: bool,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// When the account was created.
    pub created_at: NaiveDateTime,
    /// The roles, sorted.
    pub roles: Vec<String>,
    /// The hash of the password, if it was requested and there is one.
    pub hash: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct ExportedUserRow {
    id: UserId,
    email: String,
    email_verified: bool,
    disabled: bool,
    created_at: NaiveDateTime,
}

/// Finds at most `limit` accounts in the order of their creation, starting after `after`.
pub fn find_accounts_to_export(
    connection: &mut Connection,
    after: Option<UserId>,
    limit: i64,
    with_hashes: bool,
) -> QueryResult<Vec<ExportedAccount>> {
    let rows: Vec<ExportedUserRow> = on_backend!(&mut *connection, |c| {
        let mut page =
            users::table.select(ExportedUserRow::as_select()).order(users::id).limit(limit).into_boxed();
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
