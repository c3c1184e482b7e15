//! Queries and forms shared by several pages.

use secrecy::SecretString;
use serde::Deserialize;

/// The maximum number of characters shown when a page displays a submitted e-mail address again.
const SHOWN_EMAIL_MAX_CHARACTERS: usize = 254;

/// `?next=`: the path or URL to go to afterwards.
#[derive(Default, Deserialize)]
pub(crate) struct NextQuery {
    pub(crate) next: Option<String>,
}

/// A form that consists of a button.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ButtonForm {
    pub(super) csrf: String,
}

/// The form for signing in or creating an account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsForm {
    pub(super) csrf: String,
    pub(super) email: String,
    pub(super) password: SecretString,
    pub(super) next: Option<String>,
}

/// Trims and shortens an e-mail address for a page.
pub(super) fn shown_email(email: &str) -> String {
    email.trim().chars().take(SHOWN_EMAIL_MAX_CHARACTERS).collect()
}
