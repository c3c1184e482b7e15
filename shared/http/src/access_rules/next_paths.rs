//! The names under which Next.js serves a page beside its own: its data, its segments, and its images.

use std::borrow::Cow;

use super::{
    escapes::{drop_invalid, join, unescape},
    path::{Spelling, segments},
};

/// Prefixes of segments that intercept another route. The route with the prefix renders the intercepted page.
const INTERCEPTIONS: [&str; 3] = ["(...)", "(..)", "(.)"];

/// How many folders above an intercepting route may matter. A path with more aliases is refused.
const MAX_INTERCEPTED_DEPTH: usize = 32;

/// Prefixes of query parameters with which Next.js passes on the parameters of routes internally.
const INTERNAL_PARAMETERS: [&str; 3] = ["nxtP", "nxtI", "__next"];

/// Whether a path without dots and parentheses may be an alias.
pub(super) fn may_have_aliases(path: &str) -> bool {
    segments(path)
        .enumerate()
        .any(|(index, segment)| is_internal(segment) || is_leading_index(index, segment))
}

/// Adds the pages that Next.js may serve under a decoded path because of one of its segments.
pub(super) fn add_aliases(path: &str, index: usize, segment: &str, found: &mut Vec<String>) {
    if is_internal(segment) {
        add_internal(path, index, found);
    } else if is_leading_index(index, segment) {
        found.push(join(segments(path).skip(1)));
    } else if let Some(page) = strip_suffix_ignoring_case(segment, ".segments") {
        found.push(join(segments(path).take(index).chain([page])));
    } else if segment.starts_with("(.") {
        add_intercepted(path, index, segment, found);
    }
}

fn is_internal(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("_next")
}

fn is_leading_index(index: usize, segment: &str) -> bool {
    index == 0 && segment.eq_ignore_ascii_case("index")
}

/// Adds the pages behind `/_next/data/<build>/…` and `/_next/postponed/resume/…`. The base path, if there is one,
/// precedes `_next`.
fn add_internal(path: &str, index: usize, found: &mut Vec<String>) {
    let mut after = segments(path).skip(index + 1);
    let (kind, detail) = (after.next(), after.next());
    let is_data = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("data")) && detail.is_some();
    let is_resumed = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("postponed"))
        && detail.is_some_and(|detail| detail.eq_ignore_ascii_case("resume"));
    if !is_data && !is_resumed {
        return;
    }
    let rest = join(after);
    let page = if is_data { strip_suffix_ignoring_case(&rest, ".json").unwrap_or(&rest) } else { &rest };
    let page = if page.eq_ignore_ascii_case("/index") { "/" } else { page };
    found.push(page.to_owned());
    if index > 0 {
        found.push(join(segments(path).take(index).chain(segments(page))));
    }
}

/// Adds the pages that a route with a prefix such as `(..)` may show. How many folders a prefix leaves depends on
/// folders that are not in the path, so every one above counts.
fn add_intercepted(path: &str, index: usize, segment: &str, found: &mut Vec<String>) {
    let mut name = segment;
    while let Some(rest) = INTERCEPTIONS.iter().find_map(|prefix| name.strip_prefix(prefix)) {
        name = rest;
    }
    if name != segment {
        let rest = || [name].into_iter().chain(segments(path).skip(index + 1));
        let parents = 0..=index.min(MAX_INTERCEPTED_DEPTH);
        found.extend(parents.map(|parents| join(segments(path).take(parents).chain(rest()))));
    }
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let parts = text.len().checked_sub(suffix.len()).and_then(|length| text.split_at_checked(length));
    parts.filter(|(_, end)| end.eq_ignore_ascii_case(suffix)).map(|(start, _)| start)
}

/// Whether a query has a parameter that only Next.js itself may set.
pub(super) fn has_internal_parameter(query: &str) -> bool {
    parameters(query)
        .any(|(name, _)| INTERNAL_PARAMETERS.iter().any(|prefix| decode_form(name).starts_with(prefix)))
}

/// Whether a path may be `/_next/image`, which reads the image that its query names.
pub(super) fn may_be_image(path: &str) -> bool {
    let names_image = |path: &str| {
        let mut found = segments(path).skip_while(|segment| !is_internal(segment));
        found.nth(1).is_some_and(|segment| segment.eq_ignore_ascii_case("image"))
    };
    match Spelling::of(path) {
        Spelling::Plain => names_image(path),
        Spelling::Decoded(decoded) => decoded.is_replaceable || names_image(&decoded.text),
        Spelling::Unclear => true,
    }
}

/// The path and query of each image that a query names.
pub(super) fn image_sources(query: &str) -> impl Iterator<Item = String> {
    let sources = parameters(query)
        .filter(|(name, _)| decode_form(name).get(..3).is_some_and(|name| name.eq_ignore_ascii_case("url")));
    sources.map(|(_, value)| source_path(&decode_form(value)))
}

/// The path and query of an image's URL. Images on other hosts are treated like those of the application, which can
/// have several names.
fn source_path(url: &str) -> String {
    let url = url.trim();
    let is_slash = |character: char| matches!(character, '/' | '\\');
    let without_scheme = url.split_once(':').filter(|(scheme, rest)| {
        scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
            && rest.starts_with(is_slash)
    });
    let rest = without_scheme.map_or(url, |(_, rest)| rest);
    let is_absolute = without_scheme.is_some() || rest.chars().take(2).filter(|c| is_slash(*c)).count() == 2;
    let rest = rest.trim_start_matches(is_slash);
    let after_host = |rest: &'_ str| rest.split_once(['/', '\\']).map_or("", |(_, path)| path).to_owned();
    let path = if is_absolute { after_host(rest) } else { rest.to_owned() };
    format!("/{path}")
}

fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split(['&', ';']).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn decode_form(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    drop_invalid(&unescape(&text.replace('+', " "))).into()
}
