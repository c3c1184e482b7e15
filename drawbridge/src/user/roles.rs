//! `drawbridge user roles`

use auth_service::{
    domain::{Actor, Role, RoleError},
    storage::{self, RoleChange},
};
use clap::Args;
use drawbridge_core::clock::{Clock, SystemClock};

use super::account::{AccountArgs, find_account};
use crate::output::print_line;

#[derive(Args)]
pub(crate) struct RolesArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Add a role; may be repeated
    #[arg(long, value_name = "ROLE", value_parser = Role::parse)]
    add: Vec<Role>,
    /// Remove a role; may be repeated
    #[arg(long, value_name = "ROLE", value_parser = Role::parse)]
    remove: Vec<Role>,
    /// Replace all roles with these, separated by commas; "" removes all roles
    #[arg(long, value_name = "ROLES", value_parser = parse_list, conflicts_with_all = ["add", "remove"])]
    set: Option<RoleList>,
}

/// Several roles in one argument. (clap would read a `Vec` as a repeated argument.)
#[derive(Clone)]
struct RoleList(Vec<Role>);

fn parse_list(text: &str) -> Result<RoleList, RoleError> {
    if text.trim().is_empty() {
        return Ok(RoleList(Vec::new()));
    }
    text.split(',').map(Role::parse).collect::<Result<_, _>>().map(RoleList)
}

/// Changes the account's roles if asked to, and prints them.
pub(super) async fn roles(args: RolesArgs) -> anyhow::Result<()> {
    let RolesArgs { account: AccountArgs { email, data }, add, remove, set } = args;
    let deployment = data.deployment()?;
    let account = find_account(&deployment, &email).await?;
    let change = match set {
        Some(RoleList(roles)) => Some(RoleChange::Set(roles)),
        None if add.is_empty() && remove.is_empty() => None,
        None => Some(RoleChange::Adjust { add, remove }),
    };
    let id = account.id;
    let query = deployment.query(move |connection| {
        if let Some(change) = change {
            storage::change_roles(connection, id, &change, SystemClock.now(), &Actor::operator())?;
        }
        Ok(storage::find_roles(connection, id)?)
    });
    let roles = query.await?;
    let list = if roles.is_empty() { "no roles".to_owned() } else { roles.join(", ") };
    print_line(format_args!("{}: {list}", account.email));
    Ok(())
}
