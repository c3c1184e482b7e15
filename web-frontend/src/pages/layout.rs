use std::sync::Arc;

use drawbridge_core::pages_path::PagesPath;

use super::AccountSection;
use crate::{assets::Assets, flash::FlashMessage, language::Language, site::Site, text::Text};

/// What every page shows around its content.
#[derive(Clone)]
pub(crate) struct PageLayout {
    pub(crate) site: Arc<Site>,
    pub(crate) assets: Arc<Assets>,
    pub(crate) pages: PagesPath,
    pub(crate) language: Language,
    pub(crate) text: &'static Text,
    /// The e-mail address of the signed-in user.
    pub(crate) email: Option<String>,
    /// Whether the page has a menu for signing in and out.
    pub(crate) has_menu: bool,
    /// The message from the previous page.
    pub(crate) flash: Option<FlashMessage>,
    /// The section of the account that the page belongs to.
    pub(crate) section: Option<AccountSection>,
    /// The path to return to after choosing a language.
    pub(crate) current_path: String,
}

impl PageLayout {
    /// A layout without anything about the visitor.
    pub(crate) fn new(site: Arc<Site>, assets: Arc<Assets>, pages: PagesPath, language: Language) -> Self {
        Self {
            site,
            assets,
            pages,
            language,
            text: language.text(),
            email: None,
            has_menu: true,
            flash: None,
            section: None,
            current_path: "/".to_owned(),
        }
    }

    /// The path of one of our own pages, such as `/login`, on this origin.
    pub(crate) fn at(&self, path: &str) -> String {
        self.pages.at(path)
    }

    /// The layout of a page in this section of the account.
    pub(crate) fn within(self, section: AccountSection) -> Self {
        Self { section: Some(section), current_path: self.at(section.path()), ..self }
    }
}
