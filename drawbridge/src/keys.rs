//! `drawbridge keys …`

use anyhow::bail;
use auth_service::{
    config::TokenConfig,
    signing_keys::{KeyVault, PUBLISHED_AHEAD},
    storage::{self, KeySummary},
};
use chrono::NaiveDateTime;
use drawbridge_core::{
    clock::{Clock, SystemClock},
    settings::{Reader, environment},
};
use drawbridge_verification::token::TokenParties;

use crate::{deployment::Deployment, output};

pub(crate) async fn list(deployment: &Deployment) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let signing = deployment.query(move |c| Ok(storage::find_signing_key(c, now)?)).await?;
    let signing = signing.map(|key| key.kid);
    for key in deployment.query(|c| Ok(storage::find_key_summaries(c)?)).await? {
        let state = state(&key, signing.as_deref(), now.naive_utc());
        output::line(format_args!("{}  {}  {state}", key.kid, key.created_at.format("%Y-%m-%d %H:%M")));
    }
    Ok(())
}

fn state(key: &KeySummary, signing: Option<&str>, now: NaiveDateTime) -> String {
    let at = |time: NaiveDateTime| time.format("%Y-%m-%d %H:%M UTC").to_string();
    match key.expires_at {
        Some(end) if end <= now => format!("retired since {}", at(end)),
        _ if key.active_from > now => format!("published, signs from {}", at(key.active_from)),
        _ if signing == Some(key.kid.as_str()) => "signing".into(),
        Some(end) => format!("verifies until {}", at(end)),
        None => "published".into(),
    }
}

pub(crate) async fn rotate(deployment: &Deployment) -> anyhow::Result<()> {
    let mut reader = Reader::new(&environment);
    let config = TokenConfig::read(&mut reader, TokenParties::default());
    reader.finish(Some(()))?;
    let vault = KeyVault::new(deployment.master_secret());
    let now = SystemClock.now();
    let kid = deployment.query(move |c| Ok(vault.rotate(c, now, config.algorithm)?)).await?;
    let signs_from = (now + PUBLISHED_AHEAD).format("%Y-%m-%d %H:%M UTC");
    output::line(format_args!("{kid} is published and signs from {signs_from}"));
    Ok(())
}

pub(crate) async fn revoke(deployment: &Deployment, kid: &str) -> anyhow::Result<()> {
    let vault = KeyVault::new(deployment.master_secret());
    let (now, wanted) = (SystemClock.now(), kid.to_owned());
    if !deployment.query(move |c| Ok(vault.revoke(c, now, &wanted)?)).await? {
        bail!("no published key has the id {kid}; `drawbridge keys list` shows all");
    }
    output::line(format_args!("{kid} is revoked"));
    Ok(())
}
