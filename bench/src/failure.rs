//! Why a row has no figure.

use std::fmt::Display;

/// Why a row could not be measured, or must not count.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A program answered something else than it must.
    #[error("a wrong answer: {0}")]
    WrongAnswer(String),
    /// The measurement itself could not be made.
    #[error("{0}")]
    NotMeasured(String),
}

/// What comes of measuring.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A measurement that could not be made, in a sentence.
    pub fn not_measured(why: impl Display) -> Self {
        Self::NotMeasured(why.to_string())
    }
}

macro_rules! not_measured_because_of {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::not_measured(error)
            }
        })*
    };
}

not_measured_because_of!(
    std::io::Error,
    serde_json::Error,
    reqwest::Error,
    redis::RedisError,
    diesel::result::Error,
    bcrypt::BcryptError,
    drawbridge_database::DatabaseUnavailable,
    auth_service::signing_keys::KeyError
);
