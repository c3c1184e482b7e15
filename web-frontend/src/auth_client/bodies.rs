//! Request bodies that contain a password, or that several handlers send.

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

/// The body of a request that needs no content.
#[derive(Serialize)]
pub(crate) struct EmptyBody {}

/// `POST /api/login` and `POST /api/register`.
#[derive(Serialize)]
pub(crate) struct PasswordLoginBody<'a> {
    pub(crate) email: &'a str,
    #[serde(serialize_with = "expose")]
    pub(crate) password: &'a SecretString,
}

/// `POST /api/email/verify` and `POST /api/password/reset`.
#[derive(Serialize)]
pub(crate) struct LinkPasswordBody<'a> {
    /// The token of the link.
    pub(crate) token: &'a str,
    #[serde(serialize_with = "expose")]
    pub(crate) password: &'a SecretString,
}

/// `POST /api/password`.
#[derive(Serialize)]
pub(crate) struct PasswordChangeBody<'a> {
    #[serde(serialize_with = "expose")]
    pub(crate) current: &'a SecretString,
    #[serde(serialize_with = "expose")]
    pub(crate) new: &'a SecretString,
    /// Whether to sign out all other devices.
    pub(crate) end_others: bool,
}

/// `POST /api/confirm`.
#[derive(Serialize)]
pub(crate) struct ConfirmIdentityBody<'a> {
    #[serde(serialize_with = "expose")]
    pub(crate) password: &'a SecretString,
    /// The code of an authenticator app, or a recovery code.
    pub(crate) code: Option<&'a str>,
}

/// Writes a secret into a body for auth-service, the only program that receives passwords.
fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}
