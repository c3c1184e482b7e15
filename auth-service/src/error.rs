//! Everything that can go wrong in a request, and the problem that the client receives.
//!
//! To add an error, add a variant with its detail text, and map it to its code in `Error::to_problem`.

use std::time::Duration;

use actix_web::{HttpResponse, ResponseError, body::BoxBody, http::StatusCode};
use diesel::result::Error as QueryError;
use drawbridge_core::secret::UnsealError;
use drawbridge_database::DatabaseUnavailable;
use drawbridge_http::{
    problem::{Code, Problem},
    proof::InvalidProof,
};
use drawbridge_verification::Refusal;

use crate::{
    domain::{EmailError, FrontendName, PasswordError},
    frontends::RegistryError,
    limits::TooManyAttempts,
    mail::InvalidLink,
    passkeys::PasskeyError,
    password_hasher::HasherBusy,
    pending_login::PendingLoginExpired,
    signing_keys::KeyError,
    storage::StartRefused,
};

/// How long a client should wait before it tries again after [`Error::Busy`].
const BUSY_RETRY_AFTER: Duration = Duration::from_secs(2);

/// Why a request failed. The text of a client error is the detail of its problem.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The e-mail address is not valid.
    #[error(transparent)]
    InvalidEmail(#[from] EmailError),
    /// The password has the wrong length.
    #[error(transparent)]
    InvalidPassword(#[from] PasswordError),
    /// The password is easy to guess.
    #[error("Choose a password that is harder to guess, such as four unrelated words.")]
    PasswordTooCommon,
    /// The password appears in a data breach.
    #[error("This password appears in a data breach of another site. Choose one that you use nowhere else.")]
    PasswordLeaked,
    /// Another account has the address.
    #[error("Sign in, or use a different address.")]
    EmailTaken,
    /// No account has this address and password.
    #[error("Check the e-mail address and the password.")]
    InvalidCredentials,
    /// The account is disabled.
    #[error("Contact the operator of this site.")]
    UserDisabled,
    /// The account requires a second factor.
    #[error("Send a code from the authenticator app or a recovery code as well, or use a passkey.")]
    SecondFactorRequired,
    /// The code is wrong or was already used.
    #[error("Each code can be used once. Wait for the next code and try again.")]
    InvalidCode,
    /// The response of a passkey is not valid; the reason is logged.
    #[error("Try again, or sign in another way.")]
    InvalidPasskey(String),
    /// The second step of the sign-in came too late.
    #[error("Start the sign-in again.")]
    LoginExpired(#[from] PendingLoginExpired),
    /// The user has to confirm their identity again.
    #[error(
        "Confirm your identity with POST /api/confirm: send the password, and a code if you have a second factor."
    )]
    ConfirmationRequired,
    /// The link is not valid.
    #[error("Each link can be used once and expires after a short time. Request a new one.")]
    InvalidLink(#[from] InvalidLink),
    /// The deployment cannot send mail.
    #[error("This site cannot send e-mail. Contact its operator.")]
    MailNotConfigured,
    /// The deployment does not support the factor.
    #[error("This site does not offer this second factor.")]
    FactorNotPossible,
    /// The set-up of an authenticator app was not started.
    #[error("Start with POST /api/totp/begin.")]
    TotpNotBegun,
    /// The account already has an authenticator app.
    #[error("Remove the authenticator app before you add another one.")]
    TotpPresent,
    /// The account has no factor that recovery codes could replace.
    #[error("Add an authenticator app or a passkey first.")]
    NoSecondFactor,
    /// The last factor of the account cannot be removed.
    #[error("This site requires a second factor. Add another one first.")]
    LastFactor,
    /// Without the passkey, the user could no longer sign in.
    #[error("Set a password first.")]
    LastWayIn,
    /// The passkey already belongs to an account.
    #[error("This passkey already belongs to an account.")]
    PasskeyKnown,
    /// The account has no such passkey.
    #[error("The passkey may have been removed.")]
    PasskeyNotFound,
    /// The account has the maximum number of passkeys.
    #[error("Remove a passkey that you no longer use.")]
    TooManyPasskeys,
    /// The name of a passkey is not valid.
    #[error("A name must have 1 to 60 characters and no control characters.")]
    InvalidName,
    /// A query parameter is not valid.
    #[error("Send the ID of the last event of the previous page as `before`.")]
    InvalidQuery,
    /// The proof of a frontend is not valid.
    #[error(transparent)]
    InvalidProof(#[from] InvalidProof),
    /// No frontend has the key of the proof.
    #[error(
        "No frontend has the key that the proof names. Use the key that `drawbridge frontend add` or `drawbridge keys \
         web-frontend` printed; auth-service must know the latter as WEB_FRONTEND_KEY."
    )]
    UnknownKey,
    /// The nonce of the proof was used before.
    #[error(
        "The nonce of this proof was used before. Make a new proof, with a new nonce, for every request that you send."
    )]
    ProofReplayed,
    /// The frontend acts for an origin of someone else, or for none.
    #[error(
        "Name an origin that is registered for this frontend in x-drawbridge-origin. `drawbridge frontend list` shows \
         them."
    )]
    OriginNotRegistered,
    /// The key of a site announces a preview.
    #[error(
        "Announcing a preview requires a preview key, and this is the key of the site. `drawbridge frontend preview-key \
         {0}` creates a preview key."
    )]
    SiteKeyForPreview(FrontendName),
    /// Only a preview key can do this.
    #[error(
        "Prove yourself with a preview key of your frontend, which `drawbridge frontend preview-key` creates."
    )]
    PreviewKeyRequired,
    /// Only web-frontend may call the endpoint.
    #[error("Only web-frontend, with its own key, may call this endpoint.")]
    WebFrontendRequired,
    /// The origin of a preview is not valid; the reason continues the sentence.
    #[error("The origin {0}.")]
    InvalidOrigin(String),
    /// The registry of frontends refused a change.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A limit is used up.
    #[error("Too many attempts. Try again in {}.", in_words(.0.retry_after))]
    TooManyAttempts(#[from] TooManyAttempts),
    /// The session token was refused.
    #[error("the token was refused: {0:?}")]
    Refused(Refusal),
    /// Too many passwords are waiting to be hashed.
    #[error("Too many people are signing in right now. Try again shortly.")]
    Busy(#[from] HasherBusy),
    /// The database is unreachable.
    #[error(transparent)]
    Database(#[from] DatabaseUnavailable),
    /// No token can be signed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The service failed; the cause is logged.
    #[error("{0}")]
    Internal(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Self {
        Self::Database(error.into())
    }
}

impl From<PasskeyError> for Error {
    fn from(error: PasskeyError) -> Self {
        match error {
            PasskeyError::Invalid(reason) => Self::InvalidPasskey(reason),
            PasskeyError::NoPasskey => Self::PasskeyNotFound,
            PasskeyError::Database(error) => Self::Database(error),
            PasskeyError::Internal(cause) => Self::Internal(format!("passkeys: {cause}")),
        }
    }
}

impl From<UnsealError> for Error {
    fn from(error: UnsealError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<StartRefused> for Error {
    fn from(refused: StartRefused) -> Self {
        match refused {
            StartRefused::ProofInvalid => Self::InvalidCredentials,
            StartRefused::Disabled => Self::UserDisabled,
            StartRefused::Unavailable(error) => Self::Database(error),
        }
    }
}

impl Error {
    /// The code that the client receives.
    pub(crate) fn code(&self) -> Code {
        self.to_problem().code()
    }

    fn to_problem(&self) -> Problem {
        let code = match self {
            Self::InvalidEmail(_) => Code::InvalidEmail,
            Self::InvalidPassword(PasswordError::TooShort) => Code::PasswordTooShort,
            Self::InvalidPassword(PasswordError::TooLong) => Code::PasswordTooLong,
            Self::PasswordTooCommon => Code::PasswordTooCommon,
            Self::PasswordLeaked => Code::PasswordLeaked,
            Self::EmailTaken => Code::EmailTaken,
            Self::InvalidCredentials => Code::InvalidCredentials,
            Self::UserDisabled => Code::UserDisabled,
            Self::SecondFactorRequired => Code::SecondFactorRequired,
            Self::InvalidCode => Code::InvalidCode,
            Self::InvalidPasskey(_) => Code::InvalidPasskey,
            Self::LoginExpired(_) => Code::LoginExpired,
            Self::ConfirmationRequired => Code::ConfirmationRequired,
            Self::InvalidLink(_) => Code::LinkInvalid,
            Self::MailNotConfigured => Code::MailNotConfigured,
            Self::FactorNotPossible => Code::FactorNotPossible,
            Self::TotpNotBegun => Code::TotpNotBegun,
            Self::TotpPresent => Code::TotpPresent,
            Self::NoSecondFactor => Code::NoSecondFactor,
            Self::LastFactor => Code::LastFactor,
            Self::LastWayIn => Code::LastWayIn,
            Self::PasskeyKnown => Code::PasskeyKnown,
            Self::PasskeyNotFound => Code::PasskeyNotFound,
            Self::TooManyPasskeys => Code::TooManyPasskeys,
            Self::InvalidName => Code::InvalidName,
            Self::InvalidQuery => Code::InvalidQuery,
            Self::InvalidProof(_) => Code::InvalidProof,
            Self::UnknownKey => Code::UnknownKey,
            Self::ProofReplayed => Code::ProofReplayed,
            Self::OriginNotRegistered | Self::SiteKeyForPreview(_) => Code::OriginNotRegistered,
            Self::PreviewKeyRequired | Self::WebFrontendRequired => Code::ProofRequired,
            Self::InvalidOrigin(_) => Code::InvalidOrigin,
            Self::Registry(RegistryError::PreviewOriginTaken(_)) => Code::OriginTaken,
            Self::Registry(RegistryError::TooManyPreviews(_)) => Code::TooManyPreviews,
            // The frontend was removed after its proof was checked.
            Self::Registry(RegistryError::UnknownName(_)) => return Self::UnknownKey.to_problem(),
            Self::TooManyAttempts(error) => {
                let problem = Problem::new(Code::TooManyAttempts, self.to_string());
                return problem.retry_after(round_up(error.retry_after));
            }
            Self::Busy(error) => {
                let problem = Problem::new(Code::Busy, self.to_string());
                return problem.retry_after(BUSY_RETRY_AFTER).caused_by(error);
            }
            Self::Refused(refusal) => return refusal.clone().into(),
            Self::Database(error)
            | Self::Key(KeyError::Unavailable(error))
            | Self::Registry(RegistryError::Unavailable(error)) => {
                return Problem::unavailable("The database is unreachable. Try again shortly.", error);
            }
            Self::Key(error @ (KeyError::OtherMasterSecret | KeyError::Cryptography(_))) => {
                return Problem::internal(error);
            }
            Self::Registry(
                error @ (RegistryError::NameTaken(_) | RegistryError::Conflict(_) | RegistryError::Unseal(_)),
            ) => return Problem::internal(error),
            Self::Internal(cause) => return Problem::internal(cause),
        };
        Problem::new(code, self.to_string())
    }
}

/// Rounds up to whole seconds, so that no client comes back too early.
fn round_up(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs() + 1)
}

/// A duration in words, such as "5 minutes".
fn in_words(wait: Duration) -> String {
    let (number, unit) = match round_up(wait).as_secs() {
        seconds @ ..60 => (seconds, "second"),
        seconds @ ..3_600 => (seconds.div_ceil(60), "minute"),
        seconds => (seconds.div_ceil(3_600), "hour"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        error.to_problem()
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.to_problem().status_code()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        if let Self::InvalidPasskey(reason) = self {
            tracing::info!(reason, "passkey refused");
        }
        self.to_problem().error_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_are_written_in_words() {
        for (seconds, expected) in
            [(0, "1 second"), (58, "59 seconds"), (59, "1 minute"), (280, "5 minutes"), (3_600, "2 hours")]
        {
            assert_eq!(in_words(Duration::from_secs(seconds)), expected, "{seconds} s");
        }
    }
}
