//! Messages that one page leaves for the next.

use actix_session::Session;
use drawbridge_http::problem::Problem;
use serde::{Deserialize, Serialize};

const SESSION_KEY: &str = "flash";

/// A message that the next page shows once. It is stored in the page session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FlashMessage {
    /// The message; empty if only the e-mail address is passed on.
    pub(crate) text: String,
    /// The e-mail address that the next page fills in or mentions.
    pub(crate) email: Option<String>,
    /// Whether the message reports an error.
    #[serde(rename = "bad")]
    pub(crate) is_error: bool,
}

impl FlashMessage {
    /// A message about something that worked.
    pub(crate) fn success(text: impl Into<String>) -> Self {
        Self { text: text.into(), email: None, is_error: false }
    }

    /// A message about something that failed.
    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self { is_error: true, ..Self::success(text) }
    }

    /// An e-mail address for the next page, without a message.
    pub(crate) fn only_email(email: impl Into<String>) -> Self {
        Self::success("").with_email(email)
    }

    /// Adds an e-mail address.
    pub(crate) fn with_email(self, email: impl Into<String>) -> Self {
        Self { email: Some(email.into()), ..self }
    }

    /// Stores the message for the next page.
    ///
    /// # Errors
    /// The page session cannot store it.
    pub(crate) fn store(self, session: &Session) -> Result<(), Problem> {
        session.insert(SESSION_KEY, self).map_err(Problem::internal)
    }

    /// Takes the message that the previous page stored.
    pub(crate) fn take(session: &Session) -> Option<Self> {
        let message = session.get(SESSION_KEY).ok().flatten()?;
        // Removing marks the session as changed, so this happens only if there is a message.
        session.remove(SESSION_KEY);
        Some(message)
    }
}
