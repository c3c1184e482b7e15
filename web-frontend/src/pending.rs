//! A sign-in that waits for its second step. It is kept in the page session, never in an address.

use actix_session::Session;
use drawbridge_http::problem::Problem;
use serde::{Deserialize, Serialize};

const KEY: &str = "pending";

/// What stands between a password and a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// The secret that shows that the password was right.
    #[serde(rename = "pending")]
    pub(crate) token: String,
    pub(crate) factors: Vec<String>,
    /// Whether a second step has to be set up first.
    pub(crate) enrol: bool,
    /// Where the person wanted to go.
    #[serde(default)]
    pub(crate) next: Option<String>,
    #[serde(default)]
    pub(crate) email: String,
}

impl Pending {
    pub(crate) const TOTP: &str = "totp";
    pub(crate) const RECOVERY_CODE: &str = "recovery_code";
    pub(crate) const PASSKEY: &str = "passkey";

    /// Whether this is one of the ways on.
    pub(crate) fn has(&self, factor: &str) -> bool {
        self.factors.iter().any(|other| other == factor)
    }

    /// The page on which it goes on.
    pub(crate) fn page(&self) -> &'static str {
        if self.enrol { "/login/enrol" } else { "/login/second" }
    }

    /// Keeps it for the pages to come.
    pub(crate) fn keep(&self, session: &Session) -> Result<(), Problem> {
        session.insert(KEY, self).map_err(Problem::internal)
    }

    /// The one that this visitor is in the middle of.
    pub(crate) fn of(session: &Session) -> Option<Self> {
        session.get(KEY).ok().flatten()
    }

    /// Forgets it.
    pub(crate) fn forget(session: &Session) {
        session.remove(KEY);
    }
}
