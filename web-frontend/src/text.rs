//! The texts of all pages in English, German and French. A language that lacks a text does not compile.

mod account;
mod de;
mod en;
mod entry;
mod fr;

use chrono::{DateTime, Utc};

pub(crate) use account::{
    Activity, AuthenticatorTexts, Confirm, Data, Delete, EmailTexts, Overview, PasskeyTexts, PasswordTexts,
};
pub(crate) use account::{RecoveryCodes, SessionTexts};
pub(crate) use de::DE;
pub(crate) use en::EN;
pub(crate) use entry::{
    AddressTexts, Enrol, Forgot, Home, Logout, Passkey, Private, Register, Reset, Second, SignIn,
};
pub(crate) use fr::FR;

/// All texts in one language.
pub(crate) struct Text {
    pub(crate) frame: Frame,
    pub(crate) field: Field,
    pub(crate) problem: Problems,
    pub(crate) home: Home,
    pub(crate) private: Private,
    pub(crate) sign_in: SignIn,
    pub(crate) second: Second,
    pub(crate) enrol: Enrol,
    pub(crate) passkey: Passkey,
    pub(crate) register: Register,
    pub(crate) address: AddressTexts,
    pub(crate) forgot: Forgot,
    pub(crate) reset: Reset,
    pub(crate) logout: Logout,
    pub(crate) overview: Overview,
    pub(crate) password: PasswordTexts,
    pub(crate) email: EmailTexts,
    pub(crate) authenticator: AuthenticatorTexts,
    pub(crate) recovery_codes: RecoveryCodes,
    pub(crate) passkeys: PasskeyTexts,
    pub(crate) sessions: SessionTexts,
    pub(crate) activity: Activity,
    pub(crate) data: Data,
    pub(crate) delete: Delete,
    pub(crate) confirm: Confirm,
    pub(crate) time: Time,
}

/// The heading, introduction and button of a form.
pub(crate) struct Form {
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    pub(crate) button: &'static str,
}

/// The texts around every page: skip link, navigation and footer.
pub(crate) struct Frame {
    pub(crate) skip: &'static str,
    pub(crate) navigation: &'static str,
    pub(crate) sections: &'static str,
    pub(crate) account: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) sign_up: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) language: &'static str,
    pub(crate) error: &'static str,
    pub(crate) cancel: &'static str,
    /// The title of a page that goes on by itself.
    pub(crate) one_moment: &'static str,
    pub(crate) go_on: &'static str,
}

/// Labels and hints of form fields.
pub(crate) struct Field {
    pub(crate) email: &'static str,
    pub(crate) new_email: &'static str,
    pub(crate) password: &'static str,
    pub(crate) current_password: &'static str,
    pub(crate) new_password: &'static str,
    pub(crate) password_hint: &'static str,
    pub(crate) show_password: &'static str,
    pub(crate) hide_password: &'static str,
    pub(crate) strength: &'static str,
    /// From weakest to strongest.
    pub(crate) strengths: [&'static str; 5],
    pub(crate) code: &'static str,
    pub(crate) recovery_code: &'static str,
    pub(crate) code_or_recovery_code: &'static str,
}

/// Texts of errors, looked up by problem code.
pub(crate) struct Problems {
    /// The title of an error page, or `None` to use the code's own title.
    pub(crate) title: fn(&str) -> Option<&'static str>,
    /// Explains an error next to a form, or `None` to show the API's detail.
    pub(crate) refusal: fn(&str) -> Option<&'static str>,
    /// Explains an error on a page of its own, or `None` to show the API's detail.
    pub(crate) detail: fn(&str) -> Option<&'static str>,
    pub(crate) too_many_attempts: fn(&str) -> String,
    pub(crate) still_signed_in: &'static str,
    pub(crate) stale_form: &'static str,
    pub(crate) home: &'static str,
    pub(crate) request_id: &'static str,
}

/// Dates and durations in words.
pub(crate) struct Time {
    pub(crate) moment: fn(DateTime<Utc>) -> String,
    /// Seconds, minutes, hours and days, each in the singular and the plural.
    pub(crate) units: [[&'static str; 2]; 4],
    pub(crate) and: &'static str,
}

impl Time {
    /// A duration in words, reduced to its two largest units: "7 days", "1 hour and 30 minutes".
    pub(crate) fn length(&self, seconds: u64) -> String {
        let parts = [seconds % 60, seconds / 60 % 60, seconds / 3600 % 24, seconds / 86_400];
        let named = parts.into_iter().zip(self.units).rev().filter(|(number, _)| *number > 0).take(2);
        let words: Vec<_> = named
            .map(|(number, [one, several])| format!("{number} {}", if number == 1 { one } else { several }))
            .collect();
        if words.is_empty() {
            let [[_, several], ..] = self.units;
            return format!("0 {several}");
        }
        words.join(self.and)
    }
}

#[cfg(test)]
mod tests;
