use crate::text::Text;

/// A section of the account, with a page of its own in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountSection {
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

impl AccountSection {
    /// All sections, in the order of the navigation.
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

    /// The path of the page.
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

    /// The name in the navigation.
    pub(super) fn name(self, text: &Text) -> &'static str {
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
