//! Everything that can go wrong in a request, and what the client is told of it.

use std::time::Duration;

use actix_web::{HttpResponse, ResponseError, body::BoxBody, http::StatusCode};
use drawbridge_database::DatabaseUnavailable;
use drawbridge_http::problem::{Code, Problem};
use drawbridge_verification::Refusal;

use crate::{
    domain::{EmailFault, PasswordFault},
    limits::TooMany,
    mail::LinkError,
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
    /// The password is easily guessed.
    #[error("the password is easily guessed")]
    PasswordTooCommon,
    /// The password is known from a leak.
    #[error("the password is known from a leak")]
    PasswordLeaked,
    /// A second factor is asked for, too.
    #[error("a second factor is needed")]
    SecondFactorRequired,
    /// A code is wrong or was used.
    #[error("the code is wrong or was used")]
    InvalidCode,
    /// A passkey's answer is not good; the reason is logged.
    #[error("a passkey was refused: {0}")]
    InvalidPasskey(String),
    /// The second step came too late.
    #[error("the sign-in took too long")]
    LoginExpired,
    /// The session was not confirmed lately.
    #[error("the session was not confirmed lately")]
    ConfirmationRequired,
    /// The link is no longer good.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// There is no way to send mail.
    #[error("no mail can be sent")]
    MailNotConfigured,
    /// The deployment has no such factor.
    #[error("the deployment has no such factor")]
    FactorNotPossible,
    /// The set-up of an app was not begun.
    #[error("the set-up was not begun")]
    TotpNotBegun,
    /// There is an app already.
    #[error("there is an authenticator app already")]
    TotpPresent,
    /// There is no factor that recovery codes could stand in for.
    #[error("there is no second factor")]
    NoSecondFactor,
    /// It is the last factor where one must stay.
    #[error("it is the last second factor")]
    LastFactor,
    /// It is the last way in.
    #[error("it is the last way in")]
    LastWayIn,
    /// Somebody has the passkey already.
    #[error("the passkey is known")]
    PasskeyKnown,
    /// The account has no such passkey.
    #[error("there is no such passkey")]
    PasskeyNotFound,
    /// The account has as many as it may have.
    #[error("there are too many passkeys")]
    TooManyPasskeys,
    /// A passkey cannot have this name.
    #[error("the name cannot be taken")]
    InvalidName,
    /// A parameter of the query cannot be read.
    #[error("the query cannot be read")]
    InvalidQuery,
    /// A fault of ours; the text is logged.
    #[error("{0}")]
    Fault(String),
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
            Self::PasswordTooCommon => Problem::new(
                Code::PasswordTooCommon,
                "It is among the first that somebody would try. Take a longer one, such as four unrelated words.",
            ),
            Self::PasswordLeaked => Problem::new(
                Code::PasswordLeaked,
                "It is known from a leak of another site. Take one that you use nowhere else.",
            ),
            Self::SecondFactorRequired => Problem::new(
                Code::SecondFactorRequired,
                "Send a code of the authenticator app or a recovery code, too, or use a passkey.",
            ),
            Self::InvalidCode => Problem::new(
                Code::InvalidCode,
                "Each code is good once. Wait for the next one and try again.",
            ),
            Self::InvalidPasskey(reason) => {
                tracing::info!(reason, "a passkey was refused");
                Problem::new(Code::InvalidPasskey, "Try again, or sign in another way.")
            }
            Self::LoginExpired => Problem::new(Code::LoginExpired, "Sign in again from the start."),
            Self::ConfirmationRequired => Problem::new(
                Code::ConfirmationRequired,
                "Confirm with your password, and your second factor if you have one: POST /api/confirm.",
            ),
            Self::Link(LinkError) => Problem::new(
                Code::LinkInvalid,
                "Each link is good once and for a short time. Ask for a new one.",
            ),
            Self::MailNotConfigured => Problem::new(Code::MailNotConfigured, "Ask whoever runs this site."),
            Self::FactorNotPossible => {
                Problem::new(Code::FactorNotPossible, "This site does not offer this second factor.")
            }
            Self::TotpNotBegun => Problem::new(Code::TotpNotBegun, "Begin with POST /api/totp/begin."),
            Self::TotpPresent => Problem::new(Code::TotpPresent, "Remove it first to set up another."),
            Self::NoSecondFactor => {
                Problem::new(Code::NoSecondFactor, "Add an authenticator app or a passkey first.")
            }
            Self::LastFactor => {
                Problem::new(Code::LastFactor, "This site asks for a second factor. Add another one first.")
            }
            Self::LastWayIn => Problem::new(Code::LastWayIn, "Choose a password first."),
            Self::PasskeyKnown => Problem::new(Code::PasskeyKnown, "It is in use for an account already."),
            Self::PasskeyNotFound => Problem::new(Code::PasskeyNotFound, "It may have been removed."),
            Self::TooManyPasskeys => {
                Problem::new(Code::TooManyPasskeys, "Remove one that you no longer use.")
            }
            Self::InvalidName => {
                Problem::new(Code::InvalidName, "Take 1 to 60 characters that can be shown.")
            }
            Self::InvalidQuery => {
                Problem::new(Code::InvalidQuery, "Take the id that the page before ended with.")
            }
            Self::Fault(cause) => Problem::internal(cause),
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
