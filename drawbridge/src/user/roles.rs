//! `drawbridge user roles`

use auth_service::{
    caller::Caller,
    domain::Role,
    storage::{self, RoleChange},
};
use clap::Args;
use drawbridge_core::clock::{Clock, SystemClock};

use super::{EmailArgs, accounts::find};
use crate::output;

#[derive(Args)]
pub(crate) struct RolesArgs {
    #[command(flatten)]
    account: EmailArgs,
    /// Give the account a role more; may be given more than once
    #[arg(long, value_name = "ROLE", value_parser = Role::parse)]
    add: Vec<Role>,
    /// Take a role away; may be given more than once
    #[arg(long, value_name = "ROLE", value_parser = Role::parse)]
    remove: Vec<Role>,
    /// Give the account these roles and no others, separated by commas; "" leaves it none
    #[arg(long, value_name = "ROLES", value_parser = parse_list, conflicts_with_all = ["add", "remove"])]
    set: Option<RoleList>,
}

/// Roles in one word of the command line.
#[derive(Clone)]
struct RoleList(Vec<Role>);

fn parse_list(text: &str) -> Result<RoleList, auth_service::domain::RoleFault> {
    let roles = text.split(',').filter(|_| !text.trim().is_empty()).map(Role::parse);
    roles.collect::<Result<_, _>>().map(RoleList)
}

pub(super) async fn roles(args: RolesArgs) -> anyhow::Result<()> {
    let RolesArgs { account: EmailArgs { email, data }, add, remove, set } = args;
    let deployment = data.deployment()?;
    let account = find(&deployment, &email).await?;
    let change = match set {
        Some(RoleList(roles)) => Some(RoleChange::Set(roles)),
        None if add.is_empty() && remove.is_empty() => None,
        None => Some(RoleChange::Adjust { add, remove }),
    };
    let id = account.id;
    let roles = deployment.query(move |connection| {
        if let Some(change) = change {
            storage::change_roles(connection, id, &change, SystemClock.now(), &Caller::operator())?;
        }
        Ok(storage::find_roles(connection, id)?)
    });
    let roles = roles.await?;
    let shown = if roles.is_empty() { "no roles".to_owned() } else { roles.join(", ") };
    output::line(format_args!("{}: {shown}", account.email));
    Ok(())
}
