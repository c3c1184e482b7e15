use askama::Template;

use crate::text::Text;

/// A field of a form, with its label, hint and error.
#[derive(Template)]
#[template(path = "field.html")]
pub(crate) struct FormField {
    pub(super) name: &'static str,
    label: &'static str,
    kind: FieldKind,
    autocomplete: &'static str,
    pub(super) value: String,
    hint: Option<&'static str>,
    pub(super) error: Option<String>,
    /// Whether the field has the focus when the page opens.
    pub(super) has_focus: bool,
    text: &'static Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldKind {
    Email,
    /// The address of the account: shown to the user and to password managers, but not submitted.
    ReadOnlyEmail,
    Password,
    NewPassword,
    NumericCode,
    TextCode,
    Checkbox,
}

impl FormField {
    fn new(text: &'static Text, name: &'static str, label: &'static str, kind: FieldKind) -> Self {
        let autocomplete = match kind {
            FieldKind::Email | FieldKind::ReadOnlyEmail => "username",
            FieldKind::Password => "current-password",
            FieldKind::NewPassword => "new-password",
            FieldKind::NumericCode => "one-time-code",
            FieldKind::TextCode | FieldKind::Checkbox => "off",
        };
        let hint = (kind == FieldKind::NewPassword).then_some(text.field.password_hint);
        let value = String::new();
        Self { name, label, kind, autocomplete, value, hint, error: None, has_focus: false, text }
    }

    /// The e-mail address to sign in with.
    pub(crate) fn email(text: &'static Text, value: &str) -> Self {
        Self { value: value.to_owned(), ..Self::new(text, "email", text.field.email, FieldKind::Email) }
    }

    /// The e-mail address to sign in with; the browser may offer a passkey instead (WebAuthn, conditional
    /// mediation).
    pub(crate) fn email_or_passkey(text: &'static Text, value: &str) -> Self {
        Self { autocomplete: "username webauthn", ..Self::email(text, value) }
    }

    /// A new e-mail address.
    pub(crate) fn new_email(text: &'static Text, value: &str) -> Self {
        Self { label: text.field.new_email, autocomplete: "email", ..Self::email(text, value) }
    }

    /// The e-mail address of the account, which the form does not change.
    pub(crate) fn read_only_email(text: &'static Text, label: &'static str, value: &str) -> Self {
        Self { value: value.to_owned(), ..Self::new(text, "", label, FieldKind::ReadOnlyEmail) }
    }

    /// The password to sign in with.
    pub(crate) fn password(text: &'static Text) -> Self {
        Self::new(text, "password", text.field.password, FieldKind::Password)
    }

    /// The current password of the account.
    pub(crate) fn current_password(text: &'static Text, label: &'static str) -> Self {
        Self::new(text, "current", label, FieldKind::Password)
    }

    /// A new password.
    pub(crate) fn new_password(text: &'static Text, label: &'static str) -> Self {
        Self::new(text, "password", label, FieldKind::NewPassword)
    }

    /// A code from an authenticator app.
    pub(crate) fn code(text: &'static Text) -> Self {
        Self::new(text, "code", text.field.code, FieldKind::NumericCode)
    }

    /// A recovery code.
    pub(crate) fn recovery_code(text: &'static Text) -> Self {
        Self::new(text, "code", text.field.recovery_code, FieldKind::TextCode)
    }

    /// A code from an authenticator app, or a recovery code.
    pub(crate) fn code_or_recovery_code(text: &'static Text) -> Self {
        let label = text.field.code_or_recovery_code;
        Self { autocomplete: "one-time-code", ..Self::new(text, "code", label, FieldKind::TextCode) }
    }

    /// A checkbox.
    pub(crate) fn checkbox(
        text: &'static Text,
        name: &'static str,
        label: &'static str,
        is_checked: bool,
    ) -> Self {
        let value = if is_checked { "on" } else { "" };
        Self { value: value.to_owned(), ..Self::new(text, name, label, FieldKind::Checkbox) }
    }

    /// Returns true if the user types into this field.
    pub(super) fn is_editable(&self) -> bool {
        !matches!(self.kind, FieldKind::ReadOnlyEmail | FieldKind::Checkbox)
    }

    /// Returns true if the value is a secret, which is never sent back.
    pub(super) fn is_password(&self) -> bool {
        matches!(self.kind, FieldKind::Password | FieldKind::NewPassword)
    }

    /// The `type` of the input element.
    fn input_type(&self) -> &'static str {
        match self.kind {
            FieldKind::Email | FieldKind::ReadOnlyEmail => "email",
            FieldKind::Password | FieldKind::NewPassword => "password",
            FieldKind::NumericCode | FieldKind::TextCode => "text",
            FieldKind::Checkbox => "checkbox",
        }
    }

    /// The value of `aria-describedby`.
    fn described_by(&self) -> String {
        let name = self.name;
        let hint = self.hint.map(|_| format!("{name}-hint"));
        let error = self.error.as_ref().map(|_| format!("{name}-error"));
        [error, hint].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
