/// A link to another page, optionally after some text.
pub(crate) struct PageLink {
    pub(crate) before: &'static str,
    pub(crate) text: &'static str,
    pub(crate) target: String,
}

impl PageLink {
    pub(crate) fn new(text: &'static str, target: impl Into<String>) -> Self {
        Self { before: "", text, target: target.into() }
    }

    /// Puts text in front of the link.
    pub(crate) fn after(self, before: &'static str) -> Self {
        Self { before, ..self }
    }
}
