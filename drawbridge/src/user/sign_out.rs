//! `drawbridge user sign-out`

use auth_service::{domain::Actor, storage};
use clap::Args;
use drawbridge_core::clock::{Clock, SystemClock};

use super::account::find_account;
use crate::{
    deployment::{DataArgs, TargetDeployment},
    output::print_line,
};

/// How many users are signed out in one transaction.
const USERS_PER_TRANSACTION: i64 = 500;

#[derive(Args)]
pub(crate) struct SignOutArgs {
    /// E-mail address of the account
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    email: Option<String>,
    /// Sign all users out
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn sign_out(args: SignOutArgs) -> anyhow::Result<()> {
    let deployment = args.data.deployment()?;
    match args.email {
        Some(email) => sign_out_account(&deployment, &email).await,
        None => sign_out_all(&deployment).await,
    }
}

async fn sign_out_account(deployment: &TargetDeployment, email: &str) -> anyhow::Result<()> {
    let account = find_account(deployment, email).await?;
    let now = SystemClock.now();
    let ended = deployment
        .query(move |c| Ok(storage::end_sessions_of(c, &[account.id], now, &Actor::operator())?))
        .await?;
    print_line(format_args!("{}: {}", account.email, describe_ended(ended)));
    Ok(())
}

async fn sign_out_all(deployment: &TargetDeployment) -> anyhow::Result<()> {
    let query = deployment.query(|connection| {
        let operator = Actor::operator();
        let mut users = 0;
        let mut ended = 0;
        let mut after = None;
        loop {
            let page = storage::find_signed_in(connection, after, USERS_PER_TRANSACTION)?;
            let Some(last) = page.last() else { return Ok((users, ended)) };
            after = Some(*last);
            ended += storage::end_sessions_of(connection, &page, SystemClock.now(), &operator)?;
            users += page.len();
        }
    });
    let (users, ended) = query.await?;
    print_line(format_args!("{users} accounts: {}", describe_ended(ended)));
    Ok(())
}

fn describe_ended(sessions: usize) -> String {
    match sessions {
        1 => "1 session ended".to_owned(),
        _ => format!("{sessions} sessions ended"),
    }
}
