use auth_service::{frontends::FrontendRegistry, signing_keys::KeyVault};
use chrono::{DateTime, Utc};
use drawbridge_core::frontend_key::FrontendKey;
use drawbridge_database::Connection;
use secrecy::ExposeSecret;

use crate::{
    deployment::TargetDeployment,
    output::{print_line, print_note},
};

/// The registry, for commands that seal keys under the deployment's master secret.
pub(super) struct SealingRegistry {
    registry: FrontendRegistry,
    vault: KeyVault,
}

impl SealingRegistry {
    pub(super) fn new(deployment: &TargetDeployment) -> Self {
        let master = deployment.master_secret();
        Self { registry: FrontendRegistry::new(master), vault: KeyVault::new(master) }
    }

    /// Returns the registry after checking that the services use the same master secret.
    ///
    /// # Errors
    /// The services use another master secret, so they could not open the keys.
    pub(super) fn checked(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
    ) -> anyhow::Result<&FrontendRegistry> {
        self.vault.check_secret(connection, now)?;
        Ok(&self.registry)
    }
}

/// Prints a new key as the only line on standard output, so that a script can read it.
pub(super) fn print_key(key: &FrontendKey, note: &str) {
    print_line(format_args!("{}", key.expose().expose_secret()));
    print_note(format_args!("{note} Keep the key secret. It is not shown again."));
}
