//! A login between its first and its second step.

use actix_session::Session;
use drawbridge_core::{exposed_secret::serialize_exposed, origin::encode_next};
use drawbridge_http::problem::Problem;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

const SESSION_KEY: &str = "pending";

/// The longest return target, in bytes, that is stored in the page session, which may have to fit into a cookie. A longer
/// one is part of the URL of each page until the user is signed in.
const STORED_TARGET_MAX_BYTES: usize = 1000;

/// The URL of a page of the sign-in, which goes on to `next` at the end.
pub(crate) fn page_url(path: &str, next: Option<&str>) -> String {
    match next.filter(|next| !is_stored(next)) {
        Some(next) => format!("{path}?next={}", encode_next(next)),
        None => path.to_owned(),
    }
}

/// Returns true if the return target is short enough for the page session.
pub(crate) fn is_stored(next: &str) -> bool {
    next.len() <= STORED_TARGET_MAX_BYTES
}

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
    /// The path or URL to return to after the login, unless it is too long to be stored.
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

    /// The URL of a page of this login.
    pub(crate) fn url(&self, path: &str) -> String {
        page_url(path, self.next.as_deref())
    }

    /// The URL of the page that continues the login.
    pub(crate) fn next_page(&self) -> String {
        self.url(if self.needs_enrolment { "/login/enrol" } else { "/login/second" })
    }

    /// Stores the login for the next pages.
    ///
    /// # Errors
    /// The page session cannot store it.
    pub(crate) fn store(&self, session: &Session) -> Result<(), Problem> {
        let next = self.next.clone().filter(|next| is_stored(next));
        session.insert(SESSION_KEY, Self { next, ..self.clone() }).map_err(Problem::internal)
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
