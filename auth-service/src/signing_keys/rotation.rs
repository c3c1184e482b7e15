use std::{sync::Arc, time::Duration};

use drawbridge_core::clock::SharedClock;
use drawbridge_database::Database;

use super::{KeyVault, TokenConfig, time_delta};

const ROTATION_CHECK_INTERVAL: Duration = Duration::from_mins(1);

/// Rotates the signing key whenever the newest one is older than `KEY_ROTATION`. Never returns.
pub async fn rotate_by_age(
    vault: Arc<KeyVault>,
    database: Database,
    clock: SharedClock,
    config: TokenConfig,
) {
    let max_age = time_delta(config.key_rotation);
    let algorithm = config.algorithm;
    let mut ticks = tokio::time::interval(ROTATION_CHECK_INTERVAL);
    loop {
        ticks.tick().await;
        let vault = vault.clone();
        let now = clock.now();
        match database.run(move |c| vault.rotate_if_older(c, now, max_age, algorithm)).await {
            Ok(None) => {}
            Ok(Some(kid)) => tracing::info!(kid, "signing key rotated; the new key is published"),
            Err(error) => tracing::warn!(%error, "signing key rotation failed; retrying later"),
        }
    }
}
