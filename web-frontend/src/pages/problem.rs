use askama::Template;
use drawbridge_http::problem::Problem;

use super::{PageLayout, PageLink};
use crate::language::Language;

/// The page for a failed request.
#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage<'a> {
    pub(crate) layout: PageLayout,
    pub(crate) problem: &'a Problem,
    pub(crate) request_id: &'a str,
    /// The page of Drawbridge that may help, and leads back to this page.
    pub(crate) remedy: Option<PageLink>,
}

/// A paragraph of a [`ProblemPage`].
struct ProblemParagraph<'a> {
    text: &'a str,
    /// Whether the text is English on a page in another language.
    is_foreign: bool,
}

impl ProblemPage<'_> {
    fn title(&self) -> &'static str {
        let code = self.problem.code();
        (self.layout.text.problem.title)(code.as_str()).unwrap_or(code.title())
    }

    /// The detail of the problem. Its first paragraph is translated where possible; the others are for the
    /// operator and always in English.
    fn paragraphs(&self) -> Vec<ProblemParagraph<'_>> {
        let translated = (self.layout.text.problem.detail)(self.problem.code().as_str());
        let is_foreign = self.layout.language != Language::English;
        let mut paragraphs: Vec<_> =
            self.problem.detail().split("\n\n").map(|text| ProblemParagraph { text, is_foreign }).collect();
        if let (Some(first), Some(text)) = (paragraphs.first_mut(), translated) {
            *first = ProblemParagraph { text, is_foreign: false };
        }
        paragraphs
    }

    fn is_outage(&self) -> bool {
        self.problem.code().status() == 503
    }
}
