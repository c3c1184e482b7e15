//! Everything that can go wrong in a request, and what the client is told of it.

use std::time::Duration;

use actix_web::{HttpResponse, ResponseError, body::BoxBody, http::StatusCode};
use shared::{
    database::DatabaseUnavailable,
    problem::{Code, Problem},
    verification::Refusal,
};

use crate::{
    domain::{EmailFault, PasswordFault},
    limits::TooMany,
    password_hasher::Busy,
    signing_keys::KeyError,
    storage::StartRefused,
};

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be one.
    #[error(transparent)]
    Email(#[from] EmailFault),
    /// The password cannot be taken.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// Another account has the address.
    #[error("the address has an account")]
    EmailTaken,
    /// No such account, or another password.
    #[error("address or password is wrong")]
    InvalidCredentials,
    /// There were too many attempts.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The password is right, but the user may not sign in.
    #[error("the user is disabled")]
    UserDisabled,
    /// The token that came along is not good.
    #[error("the token is refused: {0:?}")]
    Refused(Refusal),
    /// Too many passwords wait.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database is out of reach.
    #[error(transparent)]
    Database(#[from] DatabaseUnavailable),
    /// No token can be signed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StartRefused> for Error {
    fn from(refused: StartRefused) -> Self {
        match refused {
            StartRefused::Changed => Self::InvalidCredentials,
            StartRefused::Disabled => Self::UserDisabled,
            StartRefused::Unavailable(error) => Self::Database(error),
        }
    }
}

impl Error {
    fn problem(&self) -> Problem {
        match self {
            Self::Email(fault) => Problem::new(Code::InvalidEmail, fault.to_string()),
            Self::Password(fault @ PasswordFault::TooShort) => {
                Problem::new(Code::PasswordTooShort, fault.to_string())
            }
            Self::Password(fault @ PasswordFault::TooLong) => {
                Problem::new(Code::PasswordTooLong, fault.to_string())
            }
            Self::EmailTaken => Problem::new(Code::EmailTaken, "Sign in, or take another address."),
            Self::InvalidCredentials => {
                Problem::new(Code::InvalidCredentials, "Check the address and the password.")
            }
            Self::TooMany(TooMany(wait)) => {
                let detail = format!("There were too many attempts. Try again in {}.", in_words(*wait));
                Problem::new(Code::TooManyAttempts, detail).retry_after(round_up(*wait))
            }
            Self::UserDisabled => Problem::new(Code::UserDisabled, "Ask whoever runs this site."),
            Self::Refused(refusal) => refusal.clone().into(),
            Self::Busy(_) => Problem::new(Code::Busy, "Many people sign in just now. Try again shortly.")
                .retry_after(Duration::from_secs(2))
                .caused_by(Busy),
            Self::Database(error) | Self::Key(KeyError::Unavailable(error)) => {
                Problem::unavailable("Accounts are out of reach. Try again shortly.", error)
            }
            Self::Key(error @ (KeyError::OtherMasterSecret | KeyError::Cryptography(_))) => {
                Problem::internal(error)
            }
        }
    }
}

/// Whole seconds, so that nobody comes back a moment too early.
fn round_up(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs() + 1)
}

/// As a person would say it.
fn in_words(wait: Duration) -> String {
    let (number, unit) = match round_up(wait).as_secs() {
        seconds @ ..60 => (seconds, "second"),
        seconds @ ..3_600 => (seconds.div_ceil(60), "minute"),
        seconds => (seconds.div_ceil(3_600), "hour"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.problem().status_code()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.problem().error_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_as_a_person_would() {
        for (seconds, wanted) in
            [(0, "1 second"), (58, "59 seconds"), (59, "1 minute"), (280, "5 minutes"), (3_600, "2 hours")]
        {
            assert_eq!(in_words(Duration::from_secs(seconds)), wanted);
        }
    }
}
