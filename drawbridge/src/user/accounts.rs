//! Commands for one account, and the list of all accounts.

use anyhow::bail;
use auth_service::{
    domain::{Actor, Email, EventKind},
    mail::{MailJob, MailKind, MailQueue},
    signing_keys::KeyVault,
    storage::{self, AccountSummary, NewAccount, NewEvent},
};
use chrono::{DateTime, Utc};
use clap::Args;
use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::UserId,
    random::Random,
};

use super::{
    account::{AccountArgs, find_account},
    password,
};
use crate::{deployment::DataArgs, output::print_line};

/// How many accounts are read at a time.
const ACCOUNTS_PER_PAGE: i64 = 1000;

#[derive(Args)]
pub(crate) struct DisableArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Enable the account again
    #[arg(long)]
    undo: bool,
}

pub(super) async fn add(AccountArgs { email, data }: AccountArgs) -> anyhow::Result<()> {
    let deployment = data.deployment()?;
    let email = Email::parse(&email)?;
    let hash = password::read_and_hash(&deployment, &email).await?;
    let now = SystemClock.now();
    let id = UserId::generate(Random, now);
    let account = NewAccount { id, email: email.clone(), email_verified: false, hash, now };
    let event = operator_event(EventKind::SignedUp, id, now);
    let is_added = deployment.query(move |c| Ok(storage::insert_account(c, &account, &event)?)).await?;
    if !is_added {
        bail!("{email} already has an account");
    }
    print_line(format_args!("added {email} ({id})"));
    Ok(())
}

pub(super) async fn list(data: DataArgs) -> anyhow::Result<()> {
    let deployment = data.deployment()?;
    let mut after = None;
    loop {
        let page =
            deployment.query(move |c| Ok(storage::find_accounts(c, after, ACCOUNTS_PER_PAGE)?)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        page.iter().for_each(print_account);
    }
}

fn print_account(account: &AccountSummary) {
    let AccountSummary { id, email, email_verified, disabled, created_at } = account;
    let created_on = created_at.format("%Y-%m-%d");
    let state = if *disabled { "disabled" } else { "active" };
    let address_state = if *email_verified { "verified" } else { "unverified" };
    print_line(format_args!("{id}  {created_on}  {state:8}  {address_state:10}  {email}"));
}

pub(super) async fn disable(args: DisableArgs) -> anyhow::Result<()> {
    let AccountArgs { email, data } = args.account;
    let deployment = data.deployment()?;
    let account = find_account(&deployment, &email).await?;
    let disabled = !args.undo;
    let now = SystemClock.now();
    let kind = if disabled { EventKind::AccountDisabled } else { EventKind::AccountEnabled };
    let event = operator_event(kind, account.id, now);
    deployment.query(move |c| Ok(storage::set_disabled(c, account.id, disabled, now, &event)?)).await?;
    let result = if disabled { "disabled, all sessions ended" } else { "enabled" };
    print_line(format_args!("{}: {result}", account.email));
    Ok(())
}

pub(super) async fn delete(AccountArgs { email, data }: AccountArgs) -> anyhow::Result<()> {
    let deployment = data.deployment()?;
    let account = find_account(&deployment, &email).await?;
    let now = SystemClock.now();
    let event = operator_event(EventKind::AccountDeleted, account.id, now);
    deployment.query(move |c| Ok(storage::delete_account(c, account.id, now, &event)?)).await?;
    print_line(format_args!("{}: deleted", account.email));
    Ok(())
}

pub(super) async fn set_password(AccountArgs { email, data }: AccountArgs) -> anyhow::Result<()> {
    let deployment = data.deployment()?;
    let account = find_account(&deployment, &email).await?;
    let hash = password::read_and_hash(&deployment, &Email::parse(&account.email)?).await?;
    let now = SystemClock.now();
    let event = operator_event(EventKind::PasswordChanged, account.id, now);
    deployment.query(move |c| Ok(storage::set_password(c, account.id, &hash, now, &event)?)).await?;
    print_line(format_args!("{}: password set, all sessions ended", account.email));
    Ok(())
}

/// Queues an e-mail with a link for choosing a new password, so that the operator never learns the password.
pub(super) async fn reset_password(AccountArgs { email, data }: AccountArgs) -> anyhow::Result<()> {
    let deployment = data.deployment()?;
    let account = find_account(&deployment, &email).await?;
    if account.disabled {
        bail!("{} is disabled, so no link is sent", account.email);
    }
    let vault = KeyVault::new(deployment.master_secret());
    let now = SystemClock.now();
    deployment.query(move |c| Ok(vault.check_secret(c, now)?)).await?;
    let job = MailJob::new(&Actor::operator(), MailKind::Forgot { email: account.email.clone() });
    let row = MailQueue::new(deployment.master_secret()).build_row(&job, now);
    deployment.query(move |c| Ok(storage::insert_mail_job(c, &row)?)).await?;
    print_line(format_args!(
        "{}: the running auth-service will e-mail a link, provided that SMTP_URL is set",
        account.email
    ));
    Ok(())
}

/// Removes all second factors and ends all sessions.
pub(super) async fn remove_factors(AccountArgs { email, data }: AccountArgs) -> anyhow::Result<()> {
    let deployment = data.deployment()?;
    let account = find_account(&deployment, &email).await?;
    let now = SystemClock.now();
    let event = operator_event(EventKind::FactorsRemoved, account.id, now);
    let query = deployment.query(move |c| {
        let had_factors = storage::remove_factors(c, account.id, now, &event)?;
        storage::end_sessions_of(c, &[account.id], now, &Actor::operator())?;
        Ok(had_factors)
    });
    let result =
        if query.await? { "second factors removed, all sessions ended" } else { "had no second factor" };
    print_line(format_args!("{}: {result}", account.email));
    Ok(())
}

/// The audit event for an action of the operator.
fn operator_event(kind: EventKind, user: UserId, now: DateTime<Utc>) -> NewEvent {
    NewEvent::new(kind, &Actor::operator(), now).to(user)
}
