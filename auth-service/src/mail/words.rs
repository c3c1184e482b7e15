//! The texts of all e-mails. If a language lacks a text, the code does not compile.
//!
//! Placeholders such as `{site}` and `{email}` are filled in when an e-mail is written.

mod de;
mod en;
mod fr;
mod phrases;

pub(super) use self::phrases::{Phrase, Words};
use crate::domain::Language;

impl Words {
    pub(super) fn in_language(language: Language) -> &'static Self {
        match language {
            Language::En => &en::WORDS,
            Language::De => &de::WORDS,
            Language::Fr => &fr::WORDS,
        }
    }
}
