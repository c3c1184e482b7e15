//! `drawbridge keys`

use anyhow::bail;
use auth_service::{
    signing_keys::{KEY_LEAD_TIME, KeyVault, TokenConfig},
    storage::{self, KeySummary},
};
use chrono::{DateTime, NaiveDateTime, Utc};
use clap::{Args, Subcommand};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    settings::{Reader, environment},
};
use drawbridge_verification::token::TokenParties;

use crate::{
    deployment::{DataArgs, TargetDeployment},
    output::print_line,
    web_frontend_key::new_web_frontend_key,
};

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// List all signing keys and their state
    List(DataArgs),
    /// Create a signing key that takes over in ten minutes, when every verifier knows it
    Rotate(DataArgs),
    /// Withdraw a key immediately; users with a token signed by it are signed out
    Revoke(RevokeArgs),
    /// Create and print a key for web-frontend
    ///
    /// Set it as `WEB_FRONTEND_KEY` for auth-service and for web-frontend. To replace a key without an outage, give
    /// auth-service the new and the old one, separated by a comma, then give web-frontend the new one, and then remove
    /// the old one from auth-service. The key is not stored.
    WebFrontend,
}

#[derive(Args)]
pub(crate) struct RevokeArgs {
    /// ID of the key, as shown by `keys list`
    #[arg(allow_hyphen_values = true)]
    kid: String,
    #[command(flatten)]
    data: DataArgs,
}

/// Runs the command.
pub(crate) async fn run(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::List(data) => list(&data.deployment()?).await,
        KeysCommand::Rotate(data) => rotate(&data.deployment()?).await,
        KeysCommand::WebFrontend => {
            print_line(format_args!("{}", new_web_frontend_key()));
            Ok(())
        }
        KeysCommand::Revoke(RevokeArgs { kid, data }) => revoke(&data.deployment()?, kid).await,
    }
}

async fn list(deployment: &TargetDeployment) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let active = deployment.query(move |c| Ok(storage::find_signing_key(c, now)?)).await?;
    let active_kid = active.map(|key| key.kid);
    let keys = deployment.query(|c| Ok(storage::find_key_summaries(c)?)).await?;
    for key in keys {
        let state = state(&key, active_kid.as_deref(), now);
        print_line(format_args!("{}  {}  {state}", key.kid, key.created_at.format("%Y-%m-%d %H:%M")));
    }
    Ok(())
}

fn state(key: &KeySummary, active_kid: Option<&str>, now: DateTime<Utc>) -> String {
    let text = |time: NaiveDateTime| time.format("%Y-%m-%d %H:%M UTC").to_string();
    let now = now.naive_utc();
    match key.expires_at {
        Some(end) if end <= now => format!("retired since {}", text(end)),
        _ if key.active_from > now => format!("published, signs from {}", text(key.active_from)),
        _ if active_kid == Some(key.kid.as_str()) => "signing".into(),
        Some(end) => format!("verifies until {}", text(end)),
        None => "published".into(),
    }
}

async fn rotate(deployment: &TargetDeployment) -> anyhow::Result<()> {
    let mut reader = Reader::new(&environment);
    let config = TokenConfig::read(&mut reader, TokenParties::default());
    let config = reader.finish(Some(config))?;
    let vault = KeyVault::new(deployment.master_secret());
    let now = SystemClock.now();
    let kid = deployment.query(move |c| Ok(vault.rotate(c, now, config.algorithm)?)).await?;
    let signs_from = (now + KEY_LEAD_TIME).format("%Y-%m-%d %H:%M UTC");
    print_line(format_args!("{kid} is published and signs from {signs_from}"));
    Ok(())
}

async fn revoke(deployment: &TargetDeployment, kid: String) -> anyhow::Result<()> {
    let vault = KeyVault::new(deployment.master_secret());
    let now = SystemClock.now();
    let id = kid.clone();
    let is_revoked = deployment.query(move |c| Ok(vault.revoke(c, now, &id)?)).await?;
    if !is_revoked {
        bail!("no published key has the ID {kid}; `drawbridge keys list` shows all keys");
    }
    print_line(format_args!("{kid} is revoked"));
    Ok(())
}
