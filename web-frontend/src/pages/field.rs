use askama::Template;

use crate::text::Text;

/// A field of a form with its label, its hint and what is wrong with it.
#[derive(Template)]
#[template(path = "field.html")]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    label: &'static str,
    kind: Kind,
    autocomplete: &'static str,
    pub(crate) value: String,
    hint: Option<&'static str>,
    pub(crate) error: Option<String>,
    /// Whether typing begins here.
    pub(crate) focus: bool,
    text: &'static Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Email,
    /// An address that is told, to people and to password managers, and not asked for.
    Told,
    Password,
    NewPassword,
    Digits,
    Word,
    Tick,
}

impl Field {
    fn new(text: &'static Text, name: &'static str, label: &'static str, kind: Kind) -> Self {
        let autocomplete = match kind {
            Kind::Email | Kind::Told => "username",
            Kind::Password => "current-password",
            Kind::NewPassword => "new-password",
            Kind::Digits => "one-time-code",
            Kind::Word | Kind::Tick => "off",
        };
        let hint = (kind == Kind::NewPassword).then_some(text.field.password_hint);
        Self { name, label, kind, autocomplete, value: String::new(), hint, error: None, focus: false, text }
    }

    /// An address by which somebody signs in.
    pub(crate) fn email(text: &'static Text, value: &str) -> Self {
        Self { value: value.to_owned(), ..Self::new(text, "email", text.field.email, Kind::Email) }
    }

    /// The same, where a passkey may be offered in its place (WebAuthn, conditional mediation).
    pub(crate) fn email_or_passkey(text: &'static Text, value: &str) -> Self {
        Self { autocomplete: "username webauthn", ..Self::email(text, value) }
    }

    /// An address to change to.
    pub(crate) fn new_email(text: &'static Text, value: &str) -> Self {
        Self { label: text.field.new_email, autocomplete: "email", ..Self::email(text, value) }
    }

    /// The address of the account that a form is about.
    pub(crate) fn told(text: &'static Text, label: &'static str, value: &str) -> Self {
        Self { value: value.to_owned(), ..Self::new(text, "", label, Kind::Told) }
    }

    /// The password to sign in with.
    pub(crate) fn password(text: &'static Text) -> Self {
        Self::new(text, "password", text.field.password, Kind::Password)
    }

    /// The password of the account that the form is about.
    pub(crate) fn current(text: &'static Text, label: &'static str) -> Self {
        Self::new(text, "current", label, Kind::Password)
    }

    /// A password to be chosen.
    pub(crate) fn new_password(text: &'static Text, label: &'static str) -> Self {
        Self::new(text, "password", label, Kind::NewPassword)
    }

    /// A code of an app.
    pub(crate) fn code(text: &'static Text) -> Self {
        Self::new(text, "code", text.field.code, Kind::Digits)
    }

    /// A code that was kept for the case of need.
    pub(crate) fn recovery_code(text: &'static Text) -> Self {
        Self::new(text, "code", text.field.recovery_code, Kind::Word)
    }

    /// Either of them.
    pub(crate) fn any_code(text: &'static Text) -> Self {
        let label = text.field.code_or_recovery_code;
        Self { autocomplete: "one-time-code", ..Self::new(text, "code", label, Kind::Word) }
    }

    /// A box to tick.
    pub(crate) fn tick(text: &'static Text, name: &'static str, label: &'static str, ticked: bool) -> Self {
        let value = if ticked { "on" } else { "" };
        Self { value: value.to_owned(), ..Self::new(text, name, label, Kind::Tick) }
    }

    /// Whether something is to be entered here.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.kind, Kind::Told | Kind::Tick)
    }

    /// Whether it is a secret, of which nothing is shown again.
    pub(crate) fn is_password(&self) -> bool {
        matches!(self.kind, Kind::Password | Kind::NewPassword)
    }

    fn kind_of_input(&self) -> &'static str {
        match self.kind {
            Kind::Email | Kind::Told => "email",
            Kind::Password | Kind::NewPassword => "password",
            Kind::Digits | Kind::Word => "text",
            Kind::Tick => "checkbox",
        }
    }

    /// What describes the field to whoever does not see it.
    fn described_by(&self) -> String {
        let name = self.name;
        let hint = self.hint.map(|_| format!("{name}-hint"));
        let error = self.error.as_ref().map(|_| format!("{name}-error"));
        [error, hint].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
