use chrono::{DateTime, Datelike, TimeDelta, Utc};
use drawbridge_core::{origin::Origin, pages_path::PagesPath};

use super::{
    job::{FactorChange, MailJob, Notice},
    letter::{Action, Letter},
    words::{Phrase, Words},
};
use crate::domain::user_agent;

/// Writes letters in one language.
pub(super) struct LetterWriter<'a> {
    pub(super) words: &'static Words,
    pub(super) site_name: &'a str,
    pub(super) frontend: &'a Origin,
    pub(super) pages: &'a PagesPath,
}

/// A page of the frontend that a letter links to.
pub(super) struct Target<'a> {
    pub(super) path_and_query: &'a str,
    /// How long the link is valid, if it expires.
    pub(super) lifetime: Option<TimeDelta>,
}

impl LetterWriter<'_> {
    /// A letter with a button that opens a page of the frontend.
    pub(super) fn with_button(&self, email: &str, phrase: &'static Phrase, target: &Target) -> Letter {
        let mut letter = self.without_button(email, email, phrase);
        letter.action = Some(Action {
            label: self.fill(phrase.action, email),
            url: self.page_url(target.path_and_query),
        });
        letter.notes.extend(target.lifetime.map(|lifetime| self.lifetime_text(lifetime)));
        letter
    }

    /// A notice about a change that was made at `at`.
    pub(super) fn notice(&self, job: &MailJob, to: &str, notice: &Notice, at: DateTime<Utc>) -> Letter {
        let words = self.words;
        let subject_email = match notice {
            Notice::AddressChangeRequested(new) | Notice::AddressChanged(new) => new,
            _ => to,
        };
        let mut letter = self.without_button(to, subject_email, notice_phrase(words, notice));
        let circumstances = words.device.replace("{time}", &time_text(words, at));
        letter.paragraphs.push(circumstances.replace("{device}", &device_text(words, job)));
        let advice = match notice {
            // The account is gone, so there is nothing left to protect.
            Notice::AccountDeleted => None,
            Notice::Factor(FactorChange::TotpAdded | FactorChange::PasskeyAdded) => {
                Some(words.not_you_factor)
            }
            _ => Some(words.not_you),
        };
        let reset_url = self.page_url("/forgot-password");
        letter.notes.extend(advice.map(|advice| advice.replace("{link}", &reset_url)));
        letter
    }

    /// A letter to `to` without a button. `email` is the address that the phrase mentions.
    pub(super) fn without_button(&self, to: &str, email: &str, phrase: &'static Phrase) -> Letter {
        let footer = self.words.footer.replace("{origin}", &self.frontend.to_string());
        Letter {
            to: to.to_owned(),
            subject: self.fill(phrase.subject, email),
            paragraphs: phrase.body.iter().map(|paragraph| self.fill(paragraph, email)).collect(),
            action: None,
            notes: Vec::new(),
            link_label: self.words.link,
            footer: self.fill(&footer, to),
            language: self.words.tag,
        }
    }

    fn page_url(&self, path_and_query: &str) -> String {
        format!("{}{}", self.frontend, self.pages.at(path_and_query))
    }

    fn fill(&self, text: &str, email: &str) -> String {
        text.replace("{site}", self.site_name).replace("{email}", email)
    }

    fn lifetime_text(&self, lifetime: TimeDelta) -> String {
        match lifetime.num_minutes() {
            minutes @ ..60 => self.words.minutes.replace("{n}", &minutes.to_string()),
            60 => self.words.hour.to_owned(),
            minutes => self.words.hours.replace("{n}", &(minutes / 60).to_string()),
        }
    }
}

fn notice_phrase(words: &'static Words, notice: &Notice) -> &'static Phrase {
    match notice {
        Notice::NewDevice => &words.new_device,
        Notice::PasswordChanged => &words.password_changed,
        Notice::AddressChangeRequested(_) => &words.address_change_requested,
        Notice::AddressChanged(_) => &words.address_changed,
        Notice::WrongCodes => &words.wrong_codes,
        Notice::AccountDeleted => &words.account_deleted,
        Notice::Factor(FactorChange::TotpAdded) => &words.totp_added,
        Notice::Factor(FactorChange::TotpRemoved) => &words.totp_removed,
        Notice::Factor(FactorChange::PasskeyAdded) => &words.passkey_added,
        Notice::Factor(FactorChange::PasskeyRemoved) => &words.passkey_removed,
        Notice::Factor(FactorChange::RecoveryCodesMade) => &words.recovery_codes_made,
        Notice::Factor(FactorChange::RecoveryCodeUsed) => &words.recovery_code_used,
    }
}

fn time_text(words: &Words, at: DateTime<Utc>) -> String {
    let month = words.months.get(at.month0() as usize).copied().unwrap_or_default();
    let day = if at.day() == 1 { words.first_day.to_owned() } else { at.day().to_string() };
    words
        .time
        .replace("{day}", &day)
        .replace("{month}", month)
        .replace("{year}", &at.year().to_string())
        .replace("{clock}", &at.format(words.clock).to_string())
}

/// The browser, the operating system and the address, if they are known.
fn device_text(words: &Words, job: &MailJob) -> String {
    let browser = user_agent::browser(&job.user_agent);
    let system = user_agent::operating_system(&job.user_agent);
    let program = match (browser, system) {
        (Some(browser), Some(system)) => words.on.replace("{browser}", browser).replace("{system}", system),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => words.unknown_device.to_owned(),
    };
    match job.address {
        Some(address) => format!("{program} ({address})"),
        None => program,
    }
}
