//! The texts of all emails. A language that lacks a text does not compile.
//!
//! Placeholders such as `{site}` and `{email}` are filled in when an email is written.

mod de;
mod en;
mod fr;

use crate::domain::Language;

/// The text of one email: subject, paragraphs and button. An empty `action` means there is no button.
pub(super) struct Phrase {
    pub(super) subject: &'static str,
    pub(super) body: &'static [&'static str],
    pub(super) action: &'static str,
}

/// The texts of all emails in one language.
pub(super) struct Words {
    pub(super) tag: &'static str,
    pub(super) register: Phrase,
    pub(super) register_known: Phrase,
    pub(super) verify: Phrase,
    pub(super) reset: Phrase,
    pub(super) change_address: Phrase,
    pub(super) address_taken: Phrase,
    pub(super) address_change_requested: Phrase,
    pub(super) address_changed: Phrase,
    pub(super) new_device: Phrase,
    pub(super) password_changed: Phrase,
    pub(super) totp_added: Phrase,
    pub(super) totp_removed: Phrase,
    pub(super) passkey_added: Phrase,
    pub(super) passkey_removed: Phrase,
    pub(super) recovery_codes_made: Phrase,
    pub(super) recovery_code_used: Phrase,
    pub(super) wrong_codes: Phrase,
    pub(super) account_deleted: Phrase,
    /// How long the link in an email is valid, with the number as `{n}`.
    pub(super) minutes: &'static str,
    pub(super) hour: &'static str,
    pub(super) hours: &'static str,
    /// Introduces the link in full, below the button.
    pub(super) link: &'static str,
    /// Closes a security notice: what to do if someone else did it.
    pub(super) not_you: &'static str,
    /// The same for an added second factor, which a password reset does not remove.
    pub(super) not_you_factor: &'static str,
    /// When it happened and from which `{device}`: browser, system and IP address.
    pub(super) device: &'static str,
    /// The date, from `{day}`, `{month}`, `{year}` and `{clock}`.
    pub(super) time: &'static str,
    pub(super) months: [&'static str; 12],
    pub(super) on: &'static str,
    pub(super) unknown_device: &'static str,
    /// Why the recipient got this email.
    pub(super) footer: &'static str,
}

impl Words {
    pub(super) fn in_language(language: Language) -> &'static Self {
        match language {
            Language::En => &en::WORDS,
            Language::De => &de::WORDS,
            Language::Fr => &fr::WORDS,
        }
    }
}
