//! The words of the letters. `{site}`, `{email}`, `{device}` and `{time}` stand for what differs; a language that lacks
//! one of them does not compile.

mod de;
mod en;
mod fr;

use crate::caller::Language;

/// One letter: what it is about, what it says, and what its button says, if it has one.
pub(super) struct Phrase {
    pub(super) subject: &'static str,
    pub(super) body: &'static [&'static str],
    pub(super) action: &'static str,
}

/// All letters in one language.
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
    /// Under a letter with a link: how long it is good.
    pub(super) minutes: &'static str,
    pub(super) hour: &'static str,
    pub(super) hours: &'static str,
    /// Before the link written out.
    pub(super) link: &'static str,
    /// Under word of something that happened.
    pub(super) not_you: &'static str,
    /// The same where a factor was added, which a new password leaves in its place.
    pub(super) not_you_factor: &'static str,
    /// Where it came from: browser, system and address.
    pub(super) device: &'static str,
    /// When: `{day}`, `{month}`, `{year}` and `{clock}`.
    pub(super) time: &'static str,
    pub(super) months: [&'static str; 12],
    pub(super) on: &'static str,
    pub(super) unknown_device: &'static str,
    /// Why one gets the letter.
    pub(super) footer: &'static str,
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &en::WORDS,
            Language::De => &de::WORDS,
            Language::Fr => &fr::WORDS,
        }
    }
}
