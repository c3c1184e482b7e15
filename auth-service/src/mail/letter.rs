//! A letter as it is sent: text and HTML, with the same words.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use drawbridge_core::{id::MailJobId, origin::Origin};
use lettre::{
    Message,
    message::{Mailbox, MultiPart, header::ContentType, header::HeaderName, header::HeaderValue},
};

use crate::domain::user_agent;

use super::{
    SendError,
    config::Sender,
    job::{FactorChange, MailJob, Notice},
    words::{Phrase, Words},
};

/// What a letter says.
pub(super) struct Letter {
    pub(super) to: String,
    pub(super) subject: String,
    paragraphs: Vec<String>,
    /// What the button says, and where it leads.
    action: Option<(String, String)>,
    /// What stands below the button.
    notes: Vec<String>,
    link_label: &'static str,
    footer: String,
    language: &'static str,
}

/// What is the same in all letters of a deployment.
pub(super) struct Writer<'a> {
    pub(super) site_name: &'a str,
    pub(super) frontend: &'a Origin,
}

impl Writer<'_> {
    /// A letter with a link in it, or with the way to the sign-in page.
    pub(super) fn with_link(
        &self,
        job: &MailJob,
        email: &str,
        phrase: impl FnOnce(&'static Words) -> &'static Phrase,
        (path_and_query, lifetime): (&str, Option<TimeDelta>),
    ) -> Letter {
        let words = Words::of(job.language);
        let mut letter = self.letter(words, email, email, phrase(words));
        let label = phrase_action(&letter, words).to_owned();
        letter.action = Some((label, format!("{}{path_and_query}", self.frontend)));
        letter.notes.extend(lifetime.map(|lifetime| lasts(words, lifetime)));
        letter
    }

    /// Word of something that happened at `at`.
    pub(super) fn notice(&self, job: &MailJob, to: &str, notice: &Notice, at: DateTime<Utc>) -> Letter {
        let words = Words::of(job.language);
        let (phrase, email) = match notice {
            Notice::NewDevice => (&words.new_device, to),
            Notice::PasswordChanged => (&words.password_changed, to),
            Notice::AddressChangeRequested(new) => (&words.address_change_requested, new.as_str()),
            Notice::AddressChanged(new) => (&words.address_changed, new.as_str()),
            Notice::WrongCodes => (&words.wrong_codes, to),
            Notice::AccountDeleted => (&words.account_deleted, to),
            Notice::Factor(FactorChange::TotpAdded) => (&words.totp_added, to),
            Notice::Factor(FactorChange::TotpRemoved) => (&words.totp_removed, to),
            Notice::Factor(FactorChange::PasskeyAdded) => (&words.passkey_added, to),
            Notice::Factor(FactorChange::PasskeyRemoved) => (&words.passkey_removed, to),
            Notice::Factor(FactorChange::RecoveryCodesMade) => (&words.recovery_codes_made, to),
            Notice::Factor(FactorChange::RecoveryCodeUsed) => (&words.recovery_code_used, to),
        };
        let mut letter = self.letter(words, to, email, phrase);
        let time = time(words, at);
        let said = words.device.replace("{time}", &time).replace("{device}", &device(words, job));
        letter.paragraphs.push(said);
        let reset = format!("{}/forgot-password", self.frontend);
        let added = matches!(notice, Notice::Factor(FactorChange::TotpAdded | FactorChange::PasskeyAdded));
        let not_you = match notice {
            // There is nothing left to be done.
            Notice::AccountDeleted => return letter,
            _ if added => words.not_you_factor,
            _ => words.not_you,
        };
        letter.notes.push(not_you.replace("{link}", &reset));
        letter
    }

    /// A letter that asks for nothing.
    pub(super) fn plain(
        &self,
        job: &MailJob,
        email: &str,
        phrase: impl FnOnce(&'static Words) -> &'static Phrase,
    ) -> Letter {
        let words = Words::of(job.language);
        self.letter(words, email, email, phrase(words))
    }

    fn letter(&self, words: &'static Words, to: &str, email: &str, phrase: &'static Phrase) -> Letter {
        let fill = |text: &str| text.replace("{site}", self.site_name).replace("{email}", email);
        let footer = words.footer.replace("{origin}", &self.frontend.to_string());
        Letter {
            to: to.to_owned(),
            subject: fill(phrase.subject),
            paragraphs: phrase.body.iter().map(|paragraph| fill(paragraph)).collect(),
            action: (!phrase.action.is_empty()).then(|| (fill(phrase.action), self.frontend.to_string())),
            notes: Vec::new(),
            link_label: words.link,
            footer: footer.replace("{site}", self.site_name).replace("{email}", to),
            language: words.tag,
        }
    }
}

fn phrase_action<'a>(letter: &'a Letter, words: &'a Words) -> &'a str {
    letter.action.as_ref().map_or(words.register_known.action, |(label, _)| label)
}

fn lasts(words: &Words, lifetime: TimeDelta) -> String {
    match lifetime.num_minutes() {
        minutes @ ..60 => words.minutes.replace("{n}", &minutes.to_string()),
        60 => words.hour.to_owned(),
        minutes => words.hours.replace("{n}", &(minutes / 60).to_string()),
    }
}

fn time(words: &Words, at: DateTime<Utc>) -> String {
    let month = words.months.get(at.month0() as usize).copied().unwrap_or_default();
    let (day, year) = (at.day().to_string(), at.year().to_string());
    let text = words.time.replace("{day}", &day).replace("{month}", month).replace("{year}", &year);
    text.replace("{clock}", &at.format("%H:%M").to_string())
}

/// Browser, system and address, as far as they are known.
fn device(words: &Words, job: &MailJob) -> String {
    let (browser, system) = (user_agent::browser(&job.user_agent), user_agent::system(&job.user_agent));
    let program = match (browser, system) {
        (Some(browser), Some(system)) => words.on.replace("{browser}", browser).replace("{system}", system),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => words.unknown_device.to_owned(),
    };
    job.from.map_or(program.clone(), |address| format!("{program} ({address})"))
}

impl Letter {
    /// The letter in plain text.
    pub(super) fn text(&self) -> String {
        let mut parts = self.paragraphs.clone();
        parts.extend(self.action.as_ref().map(|(label, link)| format!("{label}:\n{link}")));
        parts.extend(self.notes.iter().cloned());
        format!("{}\n\n-- \n{}\n", parts.join("\n\n"), self.footer)
    }

    /// The letter in HTML. Mail programs read styles in attributes alone, and load nothing.
    pub(super) fn html(&self) -> String {
        const TEXT: &str = "margin:0 0 16px;font:16px/1.5 sans-serif";
        const LINK: &str = " style=\"color:#2f5bd7\"";
        const SMALL: &str = "margin:0 0 12px;font:14px/1.5 sans-serif;color:#555d70";
        const BUTTON: &str = "display:inline-block;padding:12px 20px;border-radius:8px;background:#2f5bd7;color:#ffffff;\
             font:bold 16px sans-serif;text-decoration:none";
        let paragraph =
            |style: &str, text: &str| format!("<p style=\"{style}\">{}</p>\n", linked(text, LINK));
        let mut body: String = self.paragraphs.iter().map(|text| paragraph(TEXT, text)).collect();
        if let Some((label, link)) = &self.action {
            let (label, link) = (escape(label), escape(link));
            body.extend([
                "<p style=\"margin:24px 0\"><a href=\"",
                &link,
                "\" style=\"",
                BUTTON,
                "\">",
                &label,
                "</a></p>\n",
            ]);
        }
        body += &self.notes.iter().map(|text| paragraph(SMALL, text)).collect::<String>();
        if let Some((_, link)) = &self.action {
            body += &paragraph(SMALL, &format!("{} {link}", self.link_label));
        }
        body += "<hr style=\"border:0;border-top:1px solid #d5d9e4;margin:24px 0 12px\">\n";
        body += &paragraph(SMALL, &self.footer);
        format!(
            "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body style=\"margin:0;padding:24px\"><div style=\"max-width:560px;margin:0 auto\">\n{body}</div></body></html>\n",
            self.language,
            escape(&self.subject)
        )
    }

    /// The letter as a message (RFC 5322), with an id that stays the same however often it is tried.
    pub(super) fn message(&self, from: &Sender, id: MailJobId) -> Result<Message, SendError> {
        let never = |error: &dyn std::fmt::Display| SendError::Never(error.to_string());
        let to: Mailbox = self.to.parse().map_err(|error| never(&error))?;
        let domain = from.0.email.domain();
        let builder = Message::builder()
            .from(from.0.clone())
            .to(to)
            .message_id(Some(format!("<{id}@{domain}>")))
            .subject(self.subject.clone())
            // No vacation notice answers it (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ));
        let text = lettre::message::SinglePart::builder().header(ContentType::TEXT_PLAIN).body(self.text());
        let html = lettre::message::SinglePart::builder().header(ContentType::TEXT_HTML).body(self.html());
        let body = MultiPart::alternative().singlepart(text).singlepart(html);
        builder.multipart(body).map_err(|error| never(&error))
    }
}

/// Escapes a text for HTML, in elements and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Escapes a text and lets addresses in it be clicked; `attributes` are those of the links.
pub(super) fn linked(text: &str, attributes: &str) -> String {
    let words = text.split(' ').map(|word| {
        let link = word.trim_end_matches(['.', ',']);
        let (escaped, rest) = (escape(link), word.get(link.len()..).unwrap_or_default());
        let is_link = link.starts_with("http://") || link.starts_with("https://");
        if is_link {
            format!("<a href=\"{escaped}\"{attributes}>{escaped}</a>{rest}")
        } else {
            format!("{escaped}{rest}")
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
