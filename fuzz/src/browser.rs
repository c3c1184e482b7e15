//! How browsers read response headers with URLs.

use percent_encoding::{AsciiSet, percent_encode};
use url::Url;

/// Only bytes beyond ASCII.
const NON_ASCII: &AsciiSet = &AsciiSet::EMPTY;

/// Where a browser on the page `base` arrives that follows `reference`; `None` if it cannot parse it.
pub fn follow(base: &Url, reference: &[u8]) -> Option<Url> {
    let text: String = percent_encode(reference, NON_ASCII).collect();
    base.join(&text).ok()
}

/// The URLs in a `Link` field (RFC 8288, appendix B.2).
pub fn links(field: &[u8]) -> Vec<&[u8]> {
    let mut links = Vec::new();
    let mut rest = field;
    loop {
        rest = rest.trim_ascii_start();
        let Some(after) = rest.strip_prefix(b"<") else { return links };
        let Some(end) = after.iter().position(|byte| *byte == b'>') else { return links };
        links.push(&after[..end]);
        match skip_parameters(&after[end + 1..]) {
            Some(next) => rest = next,
            None => return links,
        }
    }
}

/// What follows the next comma outside of a quoted string.
fn skip_parameters(field: &[u8]) -> Option<&[u8]> {
    let mut index = 0;
    let mut is_quoted = false;
    while let Some(byte) = field.get(index) {
        match byte {
            b'\\' if is_quoted => index += 1,
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => return field.get(index + 1..),
            _ => {}
        }
        index += 1;
    }
    None
}

/// The URL of a `Refresh` field (HTML, "shared declarative refresh steps").
pub fn refresh(field: &[u8]) -> Option<&[u8]> {
    let is_space = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ');
    let skip_spaces = |text: &'_ [u8]| text.iter().take_while(|byte| is_space(byte)).count();
    let mut rest = &field[skip_spaces(field)..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 && rest.first() != Some(&b'.') {
        return None;
    }
    rest = &rest[digits..];
    rest = &rest[rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count()..];
    if !rest.first().is_some_and(|byte| is_space(byte) || matches!(byte, b';' | b',')) {
        return None;
    }
    rest = &rest[skip_spaces(rest)..];
    if let [b';' | b',', after @ ..] = rest {
        rest = after;
    }
    rest = &rest[skip_spaces(rest)..];
    if rest.is_empty() {
        return None;
    }
    if let Some(after) = rest.get(3..).filter(|_| rest[..3].eq_ignore_ascii_case(b"url")) {
        let after = &after[skip_spaces(after)..];
        if let Some(after) = after.strip_prefix(b"=") {
            rest = &after[skip_spaces(after)..];
        }
    }
    match rest {
        [quote @ (b'"' | b'\''), quoted @ ..] => quoted.split(|byte| byte == quote).next(),
        _ => Some(rest),
    }
}
