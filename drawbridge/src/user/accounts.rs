//! One account at a time: `drawbridge user add`, `list`, `disable`, `delete` and `set-password`.

use std::io::{IsTerminal, stdin};

use anyhow::{Context, anyhow, bail};
use auth_service::{
    config::PasswordConfig,
    domain::{Email, Password},
    password_hasher::PasswordHasher,
    signing_keys::KeyVault,
    storage::{self, AccountSummary, NewAccount},
};
use shared::{
    clock::{Clock, SystemClock},
    config::{Reader, environment},
    id::UserId,
    random::Random,
};

use crate::{deployment::Deployment, output};

/// How many accounts are read at a time.
const PAGE: i64 = 1000;

pub(super) async fn add(deployment: &Deployment, email: &str) -> anyhow::Result<()> {
    let email = Email::parse(email)?;
    let hash = read_hash(deployment).await?;
    let now = SystemClock.now();
    let account = NewAccount { id: UserId::generate(Random, now), email: email.clone(), hash, now };
    let id = account.id;
    if !deployment.query(move |c| Ok(storage::insert_account(c, &account)?)).await? {
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
    deployment.query(move |c| Ok(storage::set_disabled(c, account.id, disabled, now)?)).await?;
    let done = if disabled { "disabled, all sessions ended" } else { "may sign in again" };
    output::line(format_args!("{}: {done}", account.email));
    Ok(())
}

pub(super) async fn delete(deployment: &Deployment, email: &str) -> anyhow::Result<()> {
    let account = find(deployment, email).await?;
    let now = SystemClock.now();
    deployment.query(move |c| Ok(storage::delete_account(c, account.id, now)?)).await?;
    output::line(format_args!("{}: deleted", account.email));
    Ok(())
}

pub(super) async fn set_password(deployment: &Deployment, email: &str) -> anyhow::Result<()> {
    let account = find(deployment, email).await?;
    let hash = read_hash(deployment).await?;
    let now = SystemClock.now();
    deployment.query(move |c| Ok(storage::set_password(c, account.id, &hash, now)?)).await?;
    output::line(format_args!("{}: password set, all sessions ended", account.email));
    Ok(())
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
async fn read_hash(deployment: &Deployment) -> anyhow::Result<String> {
    let mut reader = Reader::new(&environment);
    let config = PasswordConfig::read(&mut reader);
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
    Ok(PasswordHasher::new(config, deployment.master_secret())?.hash(password).await?)
}
