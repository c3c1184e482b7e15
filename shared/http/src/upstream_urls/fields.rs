//! Header fields that contain URLs among other things.

use super::target::{Rewritten, UrlSource, rewrite_url};

/// Rewrites each `<url>` of a `Link` field (RFC 8288) and leaves its parameters as they are. A link to a path that has
/// no public path is dropped; `None` if no link is left.
pub(super) fn rewrite_link(value: &[u8], source: &UrlSource) -> Option<Vec<u8>> {
    let links: Vec<_> = split_links(value).into_iter().filter_map(|link| rewrite_one(link, source)).collect();
    (!links.is_empty()).then(|| links.join(b",".as_slice()))
}

fn rewrite_one(link: &[u8], source: &UrlSource) -> Option<Vec<u8>> {
    let kept = || Some(link.to_vec());
    let Some(start) = link.iter().position(|byte| !byte.is_ascii_whitespace()) else { return kept() };
    let Some((blanks, [b'<', rest @ ..])) = link.split_at_checked(start) else { return kept() };
    let Some(end) = rest.iter().position(|byte| *byte == b'>') else { return kept() };
    let Some((url, parameters)) = rest.split_at_checked(end) else { return kept() };
    match rewrite_url(url, source) {
        Rewritten::Keep => kept(),
        Rewritten::Replace(url) => Some([blanks, b"<", url.as_bytes(), parameters].concat()),
        Rewritten::Outside => None,
    }
}

/// Splits a list at the commas outside of `<…>` at the start of a link and of quoted strings.
fn split_links(value: &[u8]) -> Vec<&[u8]> {
    let mut closing = None;
    let mut is_start = true;
    let mut is_escaped = false;
    value
        .split(|byte| {
            if is_escaped {
                is_escaped = false;
                return false;
            }
            match (closing, *byte) {
                (Some(b'"'), b'\\') => is_escaped = true,
                (Some(end), byte) if end == byte => closing = None,
                (None, b'<') if is_start => closing = Some(b'>'),
                (None, b'"') => closing = Some(b'"'),
                (None, b',') => {
                    is_start = true;
                    return true;
                }
                _ => {}
            }
            is_start &= byte.is_ascii_whitespace();
            false
        })
        .collect()
}

/// Rewrites the URL of a `Refresh` field, which browsers read like `<meta http-equiv="refresh">` (HTML, "shared
/// declarative refresh steps"). `None` if the URL leads to a path that has no public path.
pub(super) fn rewrite_refresh(value: &[u8], source: &UrlSource) -> Option<Vec<u8>> {
    let Some((delay, url)) = split_refresh(value) else { return Some(value.to_vec()) };
    match rewrite_url(url, source) {
        Rewritten::Keep => Some(value.to_vec()),
        Rewritten::Replace(url) => Some([delay, b"; url=", url.as_bytes()].concat()),
        Rewritten::Outside => None,
    }
}

/// The delay and the URL of a `Refresh` field, if it has both.
fn split_refresh(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let value = value.trim_ascii();
    let is_delay = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let (delay, rest) = value.split_at_checked(value.iter().position(|byte| !is_delay(byte))?)?;
    if delay.is_empty() {
        return None;
    }
    let separated = rest.trim_ascii_start();
    let url = match separated {
        [b';' | b',', url @ ..] => url,
        url if url.len() < rest.len() => url,
        _ => return None,
    };
    let url = unquote(after_name(url.trim_ascii_start()));
    (!url.is_empty()).then_some((delay, url))
}

/// What follows `url=`, which is optional.
fn after_name(text: &[u8]) -> &[u8] {
    let Some((name, rest)) = text.split_at_checked(3) else { return text };
    match rest.trim_ascii_start() {
        [b'=', url @ ..] if name.eq_ignore_ascii_case(b"url") => url.trim_ascii_start(),
        _ => text,
    }
}

/// What is between quotation marks, of which the second is optional.
fn unquote(text: &[u8]) -> &[u8] {
    match text {
        [quote @ (b'"' | b'\''), url @ ..] => url.split(|byte| byte == quote).next().unwrap_or_default(),
        _ => text,
    }
}
