use askama::Template;

use super::Frame;

/// What is wrong with a form, each message beside its field.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldErrors {
    pub(crate) form: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) password: Option<String>,
}

impl FieldErrors {
    /// A message about the form as a whole.
    pub(crate) fn form(message: impl Into<String>) -> Self {
        Self { form: Some(message.into()), ..Self::default() }
    }

    /// The message of auth-service, beside the field that its `code` is about.
    pub(crate) fn of(code: &str, detail: String) -> Self {
        match code {
            "invalid_email" | "email_taken" => {
                let taken =
                    (code == "email_taken").then(|| "This address has an account already.".to_owned());
                Self { email: Some(taken.unwrap_or(detail)), ..Self::default() }
            }
            "password_too_short" | "password_too_long" => Self { password: Some(detail), ..Self::default() },
            "invalid_credentials" => Self::form("The e-mail address or the password is wrong."),
            "user_disabled" => Self::form("This account is disabled. Ask whoever runs this site."),
            _ => Self::form(detail),
        }
    }

    /// Whether typing goes on in the address rather than in the password.
    fn email_first(&self, email: &str) -> bool {
        email.is_empty() || self.email.is_some()
    }

    fn any(&self) -> bool {
        self.form.is_some() || self.email.is_some() || self.password.is_some()
    }
}

/// The sign-in page.
#[derive(Template)]
#[template(path = "login.html")]
pub(crate) struct LoginPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    pub(crate) email: String,
    pub(crate) next: Option<String>,
    pub(crate) errors: FieldErrors,
}

impl LoginPage {
    fn email_first(&self) -> bool {
        self.errors.email_first(&self.email)
    }
}

/// The sign-up page.
#[derive(Template)]
#[template(path = "register.html")]
pub(crate) struct RegisterPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    pub(crate) email: String,
    pub(crate) next: Option<String>,
    pub(crate) errors: FieldErrors,
}

impl RegisterPage {
    fn email_first(&self) -> bool {
        self.errors.email_first(&self.email)
    }
}

/// The page that asks before it signs out, for those who come by a link.
#[derive(Template)]
#[template(path = "logout.html")]
pub(crate) struct LogoutPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
}
