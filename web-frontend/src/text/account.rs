//! Texts of the account pages.

use super::Form;

/// The overview of the account.
pub(crate) struct Overview {
    pub(crate) title: &'static str,
    pub(crate) created: fn(&str) -> String,
    pub(crate) security: &'static str,
    pub(crate) data: &'static str,
    pub(crate) change: &'static str,
    pub(crate) set_up: &'static str,
    pub(crate) manage: &'static str,
    pub(crate) view: &'static str,
    pub(crate) on: &'static str,
    pub(crate) off: &'static str,
    pub(crate) verified: &'static str,
    pub(crate) unverified: &'static str,
    pub(crate) unverified_hint: &'static str,
    pub(crate) resend: &'static str,
    pub(crate) resent: &'static str,
    pub(crate) password_changed: fn(&str) -> String,
    pub(crate) password_unchanged: &'static str,
    pub(crate) passkeys: fn(usize) -> String,
    pub(crate) codes_left: fn(u32) -> String,
    pub(crate) few_codes: fn(u32) -> String,
    pub(crate) sessions: fn(u32) -> String,
    pub(crate) no_second_factor: &'static str,
    pub(crate) required: &'static str,
}

/// Changing the password.
pub(crate) struct PasswordTexts {
    pub(crate) form: Form,
    pub(crate) end_others: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) done: &'static str,
}

/// Changing the email address.
pub(crate) struct EmailTexts {
    pub(crate) form: Form,
    pub(crate) present: &'static str,
    pub(crate) done: fn(&str) -> String,
    pub(crate) no_mail: &'static str,
}

/// Setting up and removing an authenticator app.
pub(crate) struct AuthenticatorTexts {
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    pub(crate) set_up: &'static str,
    pub(crate) scan: &'static str,
    pub(crate) qr_code_label: &'static str,
    pub(crate) manual_entry: &'static str,
    pub(crate) code_hint: &'static str,
    pub(crate) new_qr_code: &'static str,
    pub(crate) turn_on: &'static str,
    pub(crate) on: &'static str,
    pub(crate) remove: &'static str,
    pub(crate) remove_hint: &'static str,
    pub(crate) added: &'static str,
    pub(crate) removed: &'static str,
}

/// Recovery codes, for signing in without the usual second factor.
pub(crate) struct RecoveryCodes {
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    pub(crate) left: fn(u32) -> String,
    pub(crate) none_yet: &'static str,
    pub(crate) generate: &'static str,
    pub(crate) generate_hint: &'static str,
    pub(crate) new_title: &'static str,
    pub(crate) new_intro: &'static str,
    pub(crate) save_hint: &'static str,
    pub(crate) list: &'static str,
    pub(crate) saved: &'static str,
}

/// The list of passkeys, and adding one.
pub(crate) struct PasskeyTexts {
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    pub(crate) none: &'static str,
    pub(crate) list: &'static str,
    pub(crate) added_at: fn(&str) -> String,
    pub(crate) used_at: fn(&str) -> String,
    pub(crate) never_used: &'static str,
    pub(crate) add_title: &'static str,
    pub(crate) add: &'static str,
    pub(crate) name: &'static str,
    pub(crate) name_hint: &'static str,
    pub(crate) unnamed: &'static str,
    pub(crate) rename: &'static str,
    pub(crate) rename_this: fn(&str) -> String,
    pub(crate) save: &'static str,
    pub(crate) remove: &'static str,
    pub(crate) remove_this: fn(&str) -> String,
    pub(crate) added: &'static str,
    pub(crate) renamed: &'static str,
    pub(crate) removed: &'static str,
    pub(crate) not_possible: &'static str,
}

/// The devices on which the user is signed in.
pub(crate) struct SessionTexts {
    pub(crate) title: &'static str,
    pub(crate) idle: fn(&str) -> String,
    pub(crate) absolute: fn(&str) -> String,
    pub(crate) cap: fn(u32) -> String,
    pub(crate) this_one: &'static str,
    pub(crate) browser_on: fn(&str, &str) -> String,
    pub(crate) unknown: &'static str,
    pub(crate) address: &'static str,
    pub(crate) signed_in: &'static str,
    pub(crate) last_seen: &'static str,
    pub(crate) ends: &'static str,
    pub(crate) not_yet: &'static str,
    pub(crate) end: &'static str,
    pub(crate) end_this: fn(&str) -> String,
    pub(crate) end_others: &'static str,
    pub(crate) end_others_hint: &'static str,
    pub(crate) ended: &'static str,
    pub(crate) others_ended: fn(u64) -> String,
}

/// The activity log of the account.
pub(crate) struct Activity {
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    pub(crate) event: &'static str,
    pub(crate) date: &'static str,
    pub(crate) device: &'static str,
    pub(crate) none: &'static str,
    pub(crate) older: &'static str,
    pub(crate) newest: &'static str,
    /// The name of an event of this kind.
    pub(crate) kind: fn(&str) -> Option<&'static str>,
}

/// Downloading the account's data.
pub(crate) struct Data {
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    pub(crate) download: &'static str,
    pub(crate) never: &'static str,
}

/// Deleting the account.
pub(crate) struct Delete {
    pub(crate) form: Form,
    pub(crate) sure: &'static str,
    pub(crate) not_sure: &'static str,
    pub(crate) done: &'static str,
}

/// Confirming one's identity before a sensitive change.
pub(crate) struct Confirm {
    pub(crate) form: Form,
    pub(crate) missing_factor_title: &'static str,
    pub(crate) missing_factor: &'static str,
}
