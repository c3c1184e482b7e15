use std::fmt;

use drawbridge_database::DatabaseUnavailable;
use webauthn_rs::prelude::WebauthnError;

/// Why a passkey ceremony failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasskeyError {
    /// The answer was refused. The reason is for the log.
    #[error("the passkey was refused: {0}")]
    Invalid(String),
    /// The user has no passkey.
    #[error("the user has no passkey")]
    NoPasskey,
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseUnavailable),
    /// An error that no client can cause.
    #[error("passkeys: {0}")]
    Internal(String),
}

impl PasskeyError {
    pub(super) fn invalid(reason: impl fmt::Display) -> Self {
        Self::Invalid(reason.to_string())
    }

    pub(super) fn internal(error: impl fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}

/// The answer to a challenge did not pass a check.
impl From<WebauthnError> for PasskeyError {
    fn from(error: WebauthnError) -> Self {
        Self::Invalid(format!("{error:?}"))
    }
}
