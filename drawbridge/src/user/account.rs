use anyhow::anyhow;
use auth_service::{
    domain::Email,
    storage::{self, AccountSummary},
};
use clap::Args;

use crate::deployment::{DataArgs, TargetDeployment};

/// Selects an account and the deployment it belongs to.
#[derive(Args)]
pub(crate) struct AccountArgs {
    /// E-mail address of the account
    pub(super) email: String,
    #[command(flatten)]
    pub(super) data: DataArgs,
}

/// Finds the account with this address.
///
/// # Errors
/// If there is none.
pub(super) async fn find_account(
    deployment: &TargetDeployment,
    email: &str,
) -> anyhow::Result<AccountSummary> {
    let email = Email::parse(email)?;
    let address = email.clone();
    let account = deployment.query(move |c| Ok(storage::find_account(c, &address)?)).await?;
    account.ok_or_else(|| anyhow!("no account has the address {email}"))
}
