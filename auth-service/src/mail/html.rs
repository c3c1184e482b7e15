/// Escapes text for HTML elements and quoted attributes.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Escapes text and turns the URLs in it into links with these `attributes`.
pub(super) fn with_links(text: &str, attributes: &str) -> String {
    let words = text.split(' ').map(|word| {
        let url = word.trim_end_matches(['.', ',']);
        let punctuation = word.get(url.len()..).unwrap_or_default();
        let escaped = escape(url);
        if url.starts_with("http://") || url.starts_with("https://") {
            format!("<a href=\"{escaped}\"{attributes}>{escaped}</a>{punctuation}")
        } else {
            format!("{escaped}{punctuation}")
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_links_and_everything_is_escaped() {
        let html = with_links("See https://x.org/?a=1&b=<2>, now.", " rel=\"x\"");

        assert_eq!(
            html,
            "See <a href=\"https://x.org/?a=1&amp;b=&lt;2&gt;\" rel=\"x\">https://x.org/?a=1&amp;b=&lt;2&gt;</a>, now."
        );
    }
}
