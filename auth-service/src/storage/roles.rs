use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, RunQueryDsl, delete, insert_into,
};
use drawbridge_core::id::UserId;
use drawbridge_database::{Connection, on_backend, schema::user_roles};

use super::{
    Change, NewEvent, QueryResult, insert_event,
    outbox::{bump_version, record_change},
};
use crate::{
    caller::Caller,
    domain::{EventKind, Role},
};

/// What is to become of a user's roles.
#[derive(Debug, Clone)]
pub enum RoleChange {
    /// These and no others.
    Set(Vec<Role>),
    /// Those that there are, with some more and without some.
    Adjust {
        /// To be added.
        add: Vec<Role>,
        /// To be taken away.
        remove: Vec<Role>,
    },
}

#[derive(Insertable)]
#[diesel(table_name = user_roles)]
struct RoleRow<'a> {
    user_id: UserId,
    role: &'a str,
}

/// The user's roles, in their order.
pub fn find_roles(connection: &mut Connection, user: UserId) -> QueryResult<Vec<String>> {
    let roles = user_roles::table.filter(user_roles::user_id.eq(user));
    let mut roles: Vec<String> = on_backend!(connection, |c| roles.select(user_roles::role).load(c))?;
    // As Rust orders them: a database has an order of its own.
    roles.sort_unstable();
    Ok(roles)
}

/// Gives the user other roles. `None` if there is no such user.
pub fn change_roles(
    connection: &mut Connection,
    user: UserId,
    change: &RoleChange,
    now: DateTime<Utc>,
    caller: &Caller,
) -> QueryResult<Option<Change>> {
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
        let gone: Vec<_> = before.difference(&after).copied().collect();
        let gone = user_roles::table.filter(user_roles::user_id.eq(user).and(user_roles::role.eq_any(&gone)));
        on_backend!(&mut *connection, |c| delete(gone).execute(c))?;
        for role in after.difference(&before) {
            let row = RoleRow { user_id: user, role };
            on_backend!(&mut *connection, |c| insert_into(user_roles::table).values(&row).execute(c))?;
        }
        let after: Vec<_> = after.into_iter().collect();
        let event = NewEvent::new(EventKind::RolesChanged, caller, now).to(user).saying(after.join(", "));
        insert_event(connection, &event)?;
        record_change(connection, user, version, now).map(Some)
    })
}
