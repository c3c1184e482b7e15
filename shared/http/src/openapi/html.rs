//! Text as HTML.

use std::fmt::Write as _;

/// Escapes a text for an element or an attribute value.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Escapes a text, and shows what is between backticks as code.
pub(super) fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(index, part)| {
            let part = escape(part);
            if index % 2 == 1 { format!("<code>{part}</code>") } else { part }
        })
        .collect()
}

/// The paragraphs of a text, which empty lines separate.
pub(super) fn paragraphs(text: &str) -> String {
    let mut html = String::new();
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(html, "<p>{}</p>", prose(paragraph));
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_is_escaped() {
        assert_eq!(prose("a `<b>` & \"c\""), "a <code>&lt;b&gt;</code> &amp; &quot;c&quot;");
    }
}
