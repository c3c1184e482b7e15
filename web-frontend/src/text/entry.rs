//! Texts of the home page, the private page, and the pages for signing in, up and out.

use super::Form;

/// The public home page.
pub(crate) struct Home {
    pub(crate) title: &'static str,
    pub(crate) headline: &'static str,
    pub(crate) signed_in: fn(&str) -> String,
    pub(crate) signed_out: &'static str,
    pub(crate) to_private: &'static str,
    pub(crate) sign_up: &'static str,
    pub(crate) steps: [[&'static str; 2]; 3],
}

/// The page that only signed-in visitors can open.
pub(crate) struct Private {
    pub(crate) title: &'static str,
    pub(crate) badge: &'static str,
    pub(crate) signed_in_as: &'static str,
    pub(crate) since: &'static str,
    pub(crate) until: &'static str,
    pub(crate) at_the_latest: &'static str,
}

/// Signing in with a password or a passkey.
pub(crate) struct SignIn {
    pub(crate) form: Form,
    pub(crate) next: fn(&str) -> String,
    pub(crate) forgot: &'static str,
    pub(crate) no_account: &'static str,
    pub(crate) expired: &'static str,
}

/// Entering a second factor after the password.
pub(crate) struct Second {
    pub(crate) form: Form,
    pub(crate) with_passkey: &'static str,
    pub(crate) with_recovery_code: &'static str,
    pub(crate) to_recovery_code: &'static str,
    pub(crate) to_code: &'static str,
    pub(crate) start_over: &'static str,
}

/// Setting up a second factor during sign-in, on sites that require one.
pub(crate) struct Enrol {
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    pub(crate) authenticator: Form,
    pub(crate) passkey: Form,
}

/// Texts around passkey buttons, most of them shown by `passkeys.js`.
pub(crate) struct Passkey {
    pub(crate) sign_in: &'static str,
    pub(crate) use_one: &'static str,
    pub(crate) or: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) cancelled: &'static str,
    pub(crate) already_registered: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) needs_script: &'static str,
}

/// Creating an account.
pub(crate) struct Register {
    pub(crate) form: Form,
    pub(crate) have_account: &'static str,
    pub(crate) ready: &'static str,
    pub(crate) sent_title: &'static str,
    pub(crate) sent: fn(Option<&str>) -> String,
    pub(crate) sent_hint: &'static str,
}

/// Confirming an email address with a link from an email.
pub(crate) struct AddressTexts {
    pub(crate) form: Form,
    pub(crate) change: Form,
    pub(crate) confirmed: &'static str,
    pub(crate) changed: &'static str,
    pub(crate) invalid_title: &'static str,
    pub(crate) invalid: &'static str,
    pub(crate) invalid_hint: &'static str,
}

/// Requesting a link to reset a forgotten password.
pub(crate) struct Forgot {
    pub(crate) form: Form,
    pub(crate) sent_title: &'static str,
    pub(crate) sent: fn(Option<&str>) -> String,
    pub(crate) sent_hint: &'static str,
    pub(crate) back: &'static str,
}

/// Choosing a new password with that link.
pub(crate) struct Reset {
    pub(crate) form: Form,
    pub(crate) done: &'static str,
    pub(crate) ask_again: &'static str,
}

/// Signing out.
pub(crate) struct Logout {
    pub(crate) form: Form,
    pub(crate) stay: &'static str,
    pub(crate) done: &'static str,
    pub(crate) not_now: &'static str,
}
