//! Errors that invalidate a row.

use std::fmt::Display;

/// Reason why a row has no valid result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MeasurementError {
    /// A measured program returned a wrong response.
    #[error("wrong answer: {0}")]
    WrongAnswer(String),
    /// The measurement could not be made.
    #[error("{0}")]
    NotMeasured(String),
}

/// Result of a step of a measurement.
pub(crate) type Result<T> = std::result::Result<T, MeasurementError>;

impl MeasurementError {
    /// Creates an error for a wrong response.
    pub(crate) fn wrong_answer(reason: impl Display) -> Self {
        Self::WrongAnswer(reason.to_string())
    }

    /// Creates an error for a measurement that could not be made.
    pub(crate) fn not_measured(reason: impl Display) -> Self {
        Self::NotMeasured(reason.to_string())
    }

    /// Returns the reason without the kind of error.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::WrongAnswer(reason) | Self::NotMeasured(reason) => reason,
        }
    }
}

macro_rules! convert_to_not_measured {
    ($($error:ty),*) => {
        $(impl From<$error> for MeasurementError {
            fn from(error: $error) -> Self {
                Self::not_measured(error)
            }
        })*
    };
}

convert_to_not_measured!(
    std::io::Error,
    serde_json::Error,
    reqwest::Error,
    redis::RedisError,
    diesel::result::Error,
    bcrypt::BcryptError,
    drawbridge_database::DatabaseUnavailable,
    auth_service::signing_keys::KeyError
);
