use anyhow::bail;
use auth_service::{
    domain::{Email, Password, Strength},
    password_hasher::{PasswordConfig, PasswordHasher},
    signing_keys::KeyVault,
};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    settings::{Reader, environment},
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    deployment::TargetDeployment,
    password_input::{is_interactive, prompt_for_password, read_password_line},
};

/// Reads a new password and hashes it.
pub(super) async fn read_and_hash(deployment: &TargetDeployment, email: &Email) -> anyhow::Result<String> {
    let mut reader = Reader::new(&environment);
    let config = PasswordConfig::read(&mut reader);
    let site_name = reader.site_name();
    reader.finish(Some(()))?;
    // The hash of a long password depends on the master secret. With the wrong secret, the user could not sign in.
    let vault = KeyVault::new(deployment.master_secret());
    let now = SystemClock.now();
    deployment.query(move |c| Ok(vault.check_secret(c, now)?)).await?;
    let password = Password::parse_new(read()?)?;
    if !Strength::estimate(&password, Some(email), &site_name).is_acceptable {
        bail!("the password is too easy to guess; choose another one");
    }
    Ok(PasswordHasher::new(config, deployment.master_secret())?.hash(password).await?)
}

fn read() -> anyhow::Result<SecretString> {
    if !is_interactive() {
        return read_password_line();
    }
    let password = prompt_for_password("Password: ")?;
    let repeated = prompt_for_password("Repeat password: ")?;
    if password.expose_secret() != repeated.expose_secret() {
        bail!("the passwords do not match");
    }
    Ok(password)
}
