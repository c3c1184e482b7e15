//! A file for each endpoint, or for the few that belong to one thing.

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod confirm;
pub(crate) mod health_ready;
pub(crate) mod jwks;
pub(crate) mod links;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod mailbox;
pub(crate) mod me;
pub(crate) mod passkeys;
pub(crate) mod password;
pub(crate) mod recovery_codes;
pub(crate) mod refresh;
pub(crate) mod register;
pub(crate) mod second_step;
mod session_answer;
pub(crate) mod sessions;
pub(crate) mod totp;

use serde::Deserialize;

/// `{email, password}`, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsBody {
    email: String,
    password: String,
}
