use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, QueryResult, RunQueryDsl, delete,
    insert_into,
};
use drawbridge_core::id::UserId;
use drawbridge_database::{Connection, on_backend, schema::user_roles};

use super::{
    audit::{NewEvent, insert_event},
    outbox::{UserChange, bump_version, record_change},
};
use crate::domain::{Actor, EventKind, Role};

/// A change to a user's roles.
#[derive(Debug, Clone)]
pub enum RoleChange {
    /// Replaces all roles.
    Set(Vec<Role>),
    /// Adds some roles and removes others.
    Adjust {
        /// The roles to add.
        add: Vec<Role>,
        /// The roles to remove.
        remove: Vec<Role>,
    },
}

#[derive(Insertable)]
#[diesel(table_name = user_roles)]
pub(super) struct RoleRow<'a> {
    pub(super) user_id: UserId,
    pub(super) role: &'a str,
}

pub(super) fn insert_role(connection: &mut Connection, row: &RoleRow<'_>) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(user_roles::table).values(row).execute(c)).map(drop)
}

/// The roles of a user, sorted.
pub fn find_roles(connection: &mut Connection, user: UserId) -> QueryResult<Vec<String>> {
    let roles = user_roles::table.filter(user_roles::user_id.eq(user));
    let mut roles: Vec<String> = on_backend!(connection, |c| roles.select(user_roles::role).load(c))?;
    // Databases sort by their own collation, so sort here.
    roles.sort_unstable();
    Ok(roles)
}

/// Changes the roles of a user. Returns `None` if there is no such user.
pub fn change_roles(
    connection: &mut Connection,
    user: UserId,
    change: &RoleChange,
    now: DateTime<Utc>,
    actor: &Actor,
) -> QueryResult<Option<UserChange>> {
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        let before = find_roles(connection, user)?;
        let before: BTreeSet<_> = before.iter().map(String::as_str).collect();
        let after: BTreeSet<_> = match change {
            RoleChange::Set(roles) => roles.iter().map(Role::as_str).collect(),
            RoleChange::Adjust { add, remove } => {
                let remove: BTreeSet<_> = remove.iter().map(Role::as_str).collect();
                let kept = before.iter().copied().chain(add.iter().map(Role::as_str));
                kept.filter(|role| !remove.contains(role)).collect()
            }
        };
        let removed: Vec<_> = before.difference(&after).copied().collect();
        let rows =
            user_roles::table.filter(user_roles::user_id.eq(user).and(user_roles::role.eq_any(&removed)));
        on_backend!(&mut *connection, |c| delete(rows).execute(c))?;
        for role in after.difference(&before) {
            insert_role(connection, &RoleRow { user_id: user, role })?;
        }
        let after: Vec<_> = after.into_iter().collect();
        let event = NewEvent::new(EventKind::RolesChanged, actor, now).to(user).with_detail(after.join(", "));
        insert_event(connection, &event)?;
        record_change(connection, user, version, now).map(Some)
    })
}
