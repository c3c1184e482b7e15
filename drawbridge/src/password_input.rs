//! Reads passwords. They are never passed as arguments, because every user of the machine can see those.

use std::io::{IsTerminal, stdin};

use anyhow::Context;
use secrecy::SecretString;

/// Returns true if standard input is a terminal.
pub(crate) fn is_interactive() -> bool {
    stdin().is_terminal()
}

/// Asks for a password on the terminal, without showing it.
pub(crate) fn prompt_for_password(prompt: &str) -> anyhow::Result<SecretString> {
    Ok(rpassword::prompt_password(prompt).context("cannot read the password")?.into())
}

/// Reads a password from the first line of standard input.
pub(crate) fn read_password_line() -> anyhow::Result<SecretString> {
    let mut line = String::new();
    stdin().read_line(&mut line).context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).into())
}
