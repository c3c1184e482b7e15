//! One endpoint a file.

pub(crate) mod health_ready;
pub(crate) mod jwks;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod me;
pub(crate) mod refresh;
pub(crate) mod register;
mod session_answer;

use serde::Deserialize;

/// `{email, password}`, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsBody {
    email: String,
    password: String,
}
