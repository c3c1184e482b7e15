//! One account at a time: `drawbridge user add`, `list`, `disable`, `delete`, `set-password`, `reset-password` and `remove-factors`.

use std::io::{IsTerminal, stdin};

use anyhow::{Context, anyhow, bail};
use auth_service::{
    caller::Caller,
    config::PasswordConfig,
    domain::{Email, EventKind, Password, Strength},
    mail::{MailJob, MailQueue, What},
    password_hasher::PasswordHasher,
    signing_keys::KeyVault,
    storage::{self, AccountSummary, NewAccount, NewEvent},
};
use chrono::{DateTime, Utc};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::UserId,
    random::Random,
    settings::{Reader, environment},
};

use crate::{deployment::Deployment, output};

/// How many accounts are read at a time.
const PAGE: i64 = 1000;

pub(super) async fn add(deployment: &Deployment, email: &str) -> anyhow::Result<()> {
    let email = Email::parse(email)?;
    let hash = read_hash(deployment, &email).await?;
    let now = SystemClock.now();
    let id = UserId::generate(Random, now);
    let account = NewAccount { id, email: email.clone(), email_verified: false, hash, now };
    let event = event(EventKind::SignedUp, id, now);
    if !deployment.query(move |c| Ok(storage::insert_account(c, &account, &event)?)).await? {
        bail!("{email} has an account already");
    }
    output::line(format_args!("added {email} ({id})"));
    Ok(())
}

pub(super) async fn list(deployment: &Deployment) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = deployment.query(move |c| Ok(storage::find_accounts(c, after, PAGE)?)).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for AccountSummary { id, email, disabled, created_at } in page {
            let state = if disabled { "disabled" } else { "active" };
            output::line(format_args!("{id}  {}  {state:8}  {email}", created_at.format("%Y-%m-%d")));
        }
    }
}

pub(super) async fn disable(deployment: &Deployment, email: &str, disabled: bool) -> anyhow::Result<()> {
    let account = find(deployment, email).await?;
    let now = SystemClock.now();
    let kind = if disabled { EventKind::AccountDisabled } else { EventKind::AccountEnabled };
    let event = event(kind, account.id, now);
    deployment.query(move |c| Ok(storage::set_disabled(c, account.id, disabled, now, &event)?)).await?;
    let done = if disabled { "disabled, all sessions ended" } else { "may sign in again" };
    output::line(format_args!("{}: {done}", account.email));
    Ok(())
}

pub(super) async fn delete(deployment: &Deployment, email: &str) -> anyhow::Result<()> {
    let account = find(deployment, email).await?;
    let now = SystemClock.now();
    let event = event(EventKind::AccountDeleted, account.id, now);
    deployment.query(move |c| Ok(storage::delete_account(c, account.id, now, &event)?)).await?;
    output::line(format_args!("{}: deleted", account.email));
    Ok(())
}

pub(super) async fn set_password(deployment: &Deployment, email: &str) -> anyhow::Result<()> {
    let account = find(deployment, email).await?;
    let hash = read_hash(deployment, &Email::parse(&account.email)?).await?;
    let now = SystemClock.now();
    let event = event(EventKind::PasswordChanged, account.id, now);
    deployment.query(move |c| Ok(storage::set_password(c, account.id, &hash, now, &event)?)).await?;
    output::line(format_args!("{}: password set, all sessions ended", account.email));
    Ok(())
}

/// Puts a mail with a link in the queue, by which the holder of the account chooses another password. An
/// operator never learns it.
pub(super) async fn reset_password(deployment: &Deployment, email: &str) -> anyhow::Result<()> {
    let account = find(deployment, email).await?;
    if account.disabled {
        bail!("{} is disabled: no link is sent to it", account.email);
    }
    let vault = KeyVault::new(deployment.master_secret());
    let now = SystemClock.now();
    deployment.query(move |c| Ok(vault.check_secret(c, now)?)).await?;
    let job = MailJob::new(&Caller::operator(), What::Forgot { email: account.email.clone() });
    let row = MailQueue::new(deployment.master_secret()).row(&job, now);
    deployment.query(move |c| Ok(storage::insert_mail_job(c, &row)?)).await?;
    output::line(format_args!(
        "{}: the running auth-service sends a link, if it has mail (SMTP_URL)",
        account.email
    ));
    Ok(())
}

/// Takes away all second factors of somebody who has lost them, and ends all sessions.
pub(super) async fn remove_factors(deployment: &Deployment, email: &str) -> anyhow::Result<()> {
    let account = find(deployment, email).await?;
    let now = SystemClock.now();
    let event = event(EventKind::FactorsRemoved, account.id, now);
    let had = deployment.query(move |c| {
        let had = storage::remove_factors(c, account.id, &event)?;
        storage::end_sessions_of(c, &[account.id], now, &Caller::operator())?;
        Ok(had)
    });
    let done = if had.await? { "second factors removed, all sessions ended" } else { "had no second factor" };
    output::line(format_args!("{}: {done}", account.email));
    Ok(())
}

/// What the audit log keeps of what an operator does.
fn event(kind: EventKind, user: UserId, now: DateTime<Utc>) -> NewEvent {
    NewEvent::new(kind, &Caller::operator(), now).to(user)
}

/// The account with this address, or a line that says that there is none.
pub(super) async fn find(deployment: &Deployment, email: &str) -> anyhow::Result<AccountSummary> {
    let email = Email::parse(email)?;
    let wanted = email.clone();
    let found = deployment.query(move |c| Ok(storage::find_account(c, &wanted)?)).await?;
    found.ok_or_else(|| anyhow!("no account has the address {email}"))
}

/// A hash of the password that is typed, or that standard input brings as its first line. It is
/// never an argument, which every user of the machine could read.
async fn read_hash(deployment: &Deployment, email: &Email) -> anyhow::Result<String> {
    let mut reader = Reader::new(&environment);
    let (config, site_name) = (PasswordConfig::read(&mut reader), reader.site_name());
    reader.finish(Some(()))?;
    // Under another secret a long password would be hashed to what nobody can sign in with.
    let vault = KeyVault::new(deployment.master_secret());
    let now = SystemClock.now();
    deployment.query(move |c| Ok(vault.check_secret(c, now)?)).await?;
    let text = if stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ").context("cannot read the password")?;
        let again = rpassword::prompt_password("Again: ").context("cannot read the password")?;
        if first != again {
            bail!("the two passwords differ");
        }
        first
    } else {
        let mut line = String::new();
        stdin().read_line(&mut line).context("cannot read the password")?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    let password = Password::parse_new(text)?;
    if !Strength::of(&password, Some(email), &site_name).is_acceptable {
        bail!("the password is among the first that somebody would try; take another");
    }
    Ok(PasswordHasher::new(config, deployment.master_secret())?.hash(password).await?)
}
