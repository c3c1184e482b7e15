use actix_session::Session;
use drawbridge_http::problem::Problem;
use serde::{Deserialize, Serialize};

const KEY: &str = "flash";

/// A message for the next page that the visitor sees, once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Flash {
    pub(crate) text: String,
    /// The address to fill in or to name, where the next page does.
    pub(crate) email: Option<String>,
    /// Whether something did not work.
    pub(crate) bad: bool,
}

impl Flash {
    /// Something that worked.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), email: None, bad: false }
    }

    /// Something that did not.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self { bad: true, ..Self::new(text) }
    }

    /// With an address.
    pub(crate) fn about(self, email: impl Into<String>) -> Self {
        Self { email: Some(email.into()), ..self }
    }

    /// Leaves the message for the next page.
    pub(crate) fn leave(self, session: &Session) -> Result<(), Problem> {
        session.insert(KEY, self).map_err(Problem::internal)
    }

    /// Takes the message that the page before left.
    pub(crate) fn take(session: &Session) -> Option<Self> {
        // Looking alone leaves the session as it is; taking has it stored anew.
        let flash = session.get(KEY).ok().flatten()?;
        session.remove(KEY);
        Some(flash)
    }
}
