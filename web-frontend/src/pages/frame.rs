use actix_web::web;

use super::Flash;
use crate::{app::App, language::Language, text::Text};

/// What every page shows around its content.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) app: web::Data<App>,
    pub(crate) language: Language,
    pub(crate) text: &'static Text,
    /// The address of whoever is signed in.
    pub(crate) email: Option<String>,
    /// Whether the way to the forms is left out: nobody knows who is signed in.
    pub(crate) plain: bool,
    /// What happened on the page before.
    pub(crate) flash: Option<Flash>,
    /// The part of the account that the page is about.
    pub(crate) section: Option<Section>,
    /// Where a choice of language leads back to.
    pub(crate) here: String,
}

impl Frame {
    /// A frame that says nothing of whoever looks at it.
    pub(crate) fn plain(app: web::Data<App>, language: Language) -> Self {
        let (text, here) = (language.text(), "/".to_owned());
        Self { app, language, text, email: None, plain: false, flash: None, section: None, here }
    }

    /// The frame of a page about this part of the account.
    pub(crate) fn within(self, section: Section) -> Self {
        Self { section: Some(section), here: section.path().to_owned(), ..self }
    }
}

/// A part of the account, with a page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Email,
    Password,
    Passkeys,
    Authenticator,
    RecoveryCodes,
    Sessions,
    Activity,
    Data,
    Delete,
}

impl Section {
    /// All of them, in the order of the navigation.
    pub(crate) const ALL: [Self; 10] = [
        Self::Overview,
        Self::Email,
        Self::Password,
        Self::Passkeys,
        Self::Authenticator,
        Self::RecoveryCodes,
        Self::Sessions,
        Self::Activity,
        Self::Data,
        Self::Delete,
    ];

    /// Where its page is.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Overview => "/account",
            Self::Email => "/account/email",
            Self::Password => "/account/password",
            Self::Passkeys => "/account/passkeys",
            Self::Authenticator => "/account/authenticator",
            Self::RecoveryCodes => "/account/recovery-codes",
            Self::Sessions => "/account/sessions",
            Self::Activity => "/account/activity",
            Self::Data => "/account/data",
            Self::Delete => "/account/delete",
        }
    }

    /// What the navigation calls it.
    pub(crate) fn name(self, text: &Text) -> &'static str {
        match self {
            Self::Overview => text.overview.title,
            Self::Email => text.field.email,
            Self::Password => text.field.password,
            Self::Passkeys => text.passkeys.title,
            Self::Authenticator => text.authenticator.title,
            Self::RecoveryCodes => text.recovery_codes.title,
            Self::Sessions => text.sessions.title,
            Self::Activity => text.activity.title,
            Self::Data => text.data.title,
            Self::Delete => text.delete.form.title,
        }
    }
}
