use chrono::{DateTime, SecondsFormat, Utc};

use crate::text::Text;

/// A point in time, for people and for programs.
pub(crate) struct Moment {
    at: DateTime<Utc>,
    text: &'static Text,
}

impl Moment {
    pub(crate) fn new(at: DateTime<Utc>, text: &'static Text) -> Self {
        Self { at, text }
    }

    /// The date and time in the visitor's language.
    pub(crate) fn text(&self) -> String {
        (self.text.time.moment)(self.at)
    }

    /// The value of a `datetime` attribute (RFC 3339).
    pub(super) fn machine(&self) -> String {
        self.at.to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}
