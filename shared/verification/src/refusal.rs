//! Why a verifier lets a request not through.

use drawbridge_core::problem_code::Code;

use crate::source::SourceUnavailable;

/// Why a request is not let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No token came.
    MissingToken,
    /// Not a token of ours, or more than one that is good.
    InvalidToken,
    /// Its time is over.
    ExpiredToken,
    /// Its user is gone.
    UserNotFound,
    /// Its user may not sign in.
    UserDisabled,
    /// Its session was ended.
    SessionRevoked,
    /// Nobody could be asked; the text is for the log.
    Unavailable(String),
}

impl Refusal {
    /// The word for it, which is the `code` of the answer.
    pub fn code(&self) -> Code {
        match self {
            Self::MissingToken => Code::MissingToken,
            Self::InvalidToken => Code::InvalidToken,
            Self::ExpiredToken => Code::ExpiredToken,
            Self::UserNotFound => Code::UserNotFound,
            Self::UserDisabled => Code::UserDisabled,
            Self::SessionRevoked => Code::SessionRevoked,
            Self::Unavailable(_) => Code::Unavailable,
        }
    }

    /// The refusal behind the `code` of a verifier's answer, if it is one about the token.
    pub fn from_code(code: &str) -> Option<Self> {
        let refusals = [
            Self::MissingToken,
            Self::InvalidToken,
            Self::ExpiredToken,
            Self::UserNotFound,
            Self::UserDisabled,
            Self::SessionRevoked,
        ];
        refusals.into_iter().find(|refusal| refusal.code().as_str() == code)
    }
}

impl From<SourceUnavailable> for Refusal {
    fn from(error: SourceUnavailable) -> Self {
        Self::Unavailable(error.to_string())
    }
}
