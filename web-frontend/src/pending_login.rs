//! A login between its first and its second step.

use actix_session::Session;
use drawbridge_core::exposed_secret::serialize_exposed;
use drawbridge_http::problem::Problem;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

const SESSION_KEY: &str = "pending";

/// A login that needs a second step. It is stored in the page session and never appears in a URL.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingLogin {
    /// The secret from auth-service that proves the first step.
    #[serde(rename = "pending", serialize_with = "serialize_exposed")]
    pub(crate) token: SecretString,
    /// The factors that auth-service accepts as the second step.
    pub(crate) factors: Vec<LoginFactor>,
    /// Whether the user has to set up a second factor first.
    #[serde(rename = "enrol")]
    pub(crate) needs_enrolment: bool,
    /// The path or URL to return to after the login.
    #[serde(default)]
    pub(crate) next: Option<String>,
    /// The e-mail address from the first step.
    #[serde(default)]
    pub(crate) email: String,
}

/// A factor that completes a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LoginFactor {
    Totp,
    RecoveryCode,
    Passkey,
    #[serde(other)]
    Unknown,
}

impl PendingLogin {
    /// Returns true if `factor` is accepted as the second step.
    pub(crate) fn accepts(&self, factor: LoginFactor) -> bool {
        self.factors.contains(&factor)
    }

    /// The page that continues the login.
    pub(crate) fn next_page(&self) -> &'static str {
        if self.needs_enrolment { "/login/enrol" } else { "/login/second" }
    }

    /// Stores the login for the next pages.
    ///
    /// # Errors
    /// The page session cannot store it.
    pub(crate) fn store(&self, session: &Session) -> Result<(), Problem> {
        session.insert(SESSION_KEY, self).map_err(Problem::internal)
    }

    /// The pending login of a page session.
    pub(crate) fn find(session: &Session) -> Option<Self> {
        session.get(SESSION_KEY).ok().flatten()
    }

    /// Removes the pending login of a page session.
    pub(crate) fn forget(session: &Session) {
        session.remove(SESSION_KEY);
    }
}
