//! The texts that every language must provide.

/// The text of one e-mail: subject, paragraphs and button. An empty `action` means there is no button.
pub(in crate::mail) struct Phrase {
    pub(in crate::mail) subject: &'static str,
    pub(in crate::mail) body: &'static [&'static str],
    pub(in crate::mail) action: &'static str,
}

/// The texts of all e-mails in one language.
pub(in crate::mail) struct Words {
    pub(in crate::mail) tag: &'static str,
    pub(in crate::mail) register: Phrase,
    pub(in crate::mail) register_known: Phrase,
    pub(in crate::mail) verify: Phrase,
    pub(in crate::mail) reset: Phrase,
    pub(in crate::mail) change_address: Phrase,
    pub(in crate::mail) address_taken: Phrase,
    pub(in crate::mail) address_change_requested: Phrase,
    pub(in crate::mail) address_changed: Phrase,
    pub(in crate::mail) new_device: Phrase,
    pub(in crate::mail) password_changed: Phrase,
    pub(in crate::mail) totp_added: Phrase,
    pub(in crate::mail) totp_removed: Phrase,
    pub(in crate::mail) passkey_added: Phrase,
    pub(in crate::mail) passkey_removed: Phrase,
    pub(in crate::mail) recovery_codes_made: Phrase,
    pub(in crate::mail) recovery_code_used: Phrase,
    pub(in crate::mail) wrong_codes: Phrase,
    pub(in crate::mail) account_deleted: Phrase,
    /// How long the link in an e-mail is valid, with the number as `{n}`.
    pub(in crate::mail) minutes: &'static str,
    pub(in crate::mail) hour: &'static str,
    pub(in crate::mail) hours: &'static str,
    /// Introduces the link in full, below the button.
    pub(in crate::mail) link: &'static str,
    /// Closes a security notice: what to do if someone else did it.
    pub(in crate::mail) not_you: &'static str,
    /// The same for an added second factor, which a password reset does not remove.
    pub(in crate::mail) not_you_factor: &'static str,
    /// Says when it happened and from which `{device}` (browser, system and IP address).
    pub(in crate::mail) device: &'static str,
    /// The date, from `{day}`, `{month}`, `{year}` and `{clock}`.
    pub(in crate::mail) time: &'static str,
    /// How the first day of a month is written.
    pub(in crate::mail) first_day: &'static str,
    /// The format of `{clock}`, for `chrono`.
    pub(in crate::mail) clock: &'static str,
    pub(in crate::mail) months: [&'static str; 12],
    pub(in crate::mail) on: &'static str,
    pub(in crate::mail) unknown_device: &'static str,
    /// Says why the recipient got this e-mail.
    pub(in crate::mail) footer: &'static str,
}
