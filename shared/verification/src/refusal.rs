use drawbridge_core::problem_code::Code;

use crate::source::SourceUnavailable;

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The request has no token.
    MissingToken,
    /// The token is not one of ours, or the request has several valid tokens.
    InvalidToken,
    /// The token or its session has expired.
    ExpiredToken,
    /// The user does not exist or was deleted.
    UserNotFound,
    /// The user is disabled.
    UserDisabled,
    /// The session was ended.
    SessionRevoked,
    /// The token cannot be verified right now; the text is for the log.
    Unavailable(String),
}

impl Refusal {
    /// The `code` of the response.
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

    /// The refusal that a verifier's response reports with `code`; `None` for codes that say nothing about
    /// the token.
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
