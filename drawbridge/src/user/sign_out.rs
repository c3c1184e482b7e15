//! `drawbridge user sign-out`

use auth_service::{caller::Caller, storage};
use clap::Args;
use drawbridge_core::clock::{Clock, SystemClock};

use super::accounts::find;
use crate::{cli::DataArgs, deployment::Deployment, output};

/// How many people are signed out in one transaction.
const BATCH: i64 = 500;

#[derive(Args)]
pub(crate) struct SignOutArgs {
    /// E-mail address of the account
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    email: Option<String>,
    /// Sign everybody out
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn sign_out(args: SignOutArgs) -> anyhow::Result<()> {
    let deployment = args.data.deployment()?;
    match args.email {
        Some(email) => one(&deployment, &email).await,
        None => everybody(&deployment).await,
    }
}

async fn one(deployment: &Deployment, email: &str) -> anyhow::Result<()> {
    let account = find(deployment, email).await?;
    let now = SystemClock.now();
    let ended = deployment
        .query(move |c| Ok(storage::end_sessions_of(c, &[account.id], now, &Caller::operator())?))
        .await?;
    output::line(format_args!("{}: {}", account.email, sessions(ended)));
    Ok(())
}

async fn everybody(deployment: &Deployment) -> anyhow::Result<()> {
    let (people, ended) = deployment
        .query(|connection| {
            let (mut people, mut ended, mut after) = (0, 0, None);
            let operator = Caller::operator();
            loop {
                let page = storage::find_signed_in(connection, after, BATCH)?;
                let Some(last) = page.last() else { return Ok((people, ended)) };
                after = Some(*last);
                ended += storage::end_sessions_of(connection, &page, SystemClock.now(), &operator)?;
                people += page.len();
            }
        })
        .await?;
    output::line(format_args!("{people} accounts: {}", sessions(ended)));
    Ok(())
}

fn sessions(count: usize) -> String {
    match count {
        1 => "1 session ended".to_owned(),
        _ => format!("{count} sessions ended"),
    }
}
