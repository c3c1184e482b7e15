//! The one reader of `Cookie` headers (RFC 6265bis, 5.8.3).
//!
//! Browsers send whatever bytes a script has set, so nothing here assumes text. HTTP/2 splits the header into
//! several fields; HTTP/1.1 sends one. All functions take every field of the request.

use std::{fmt, iter};

use memchr::memchr;

/// One cookie as the browser sent it. Surrounding whitespace is removed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestCookie<'a> {
    /// The whole pair, `name=value`.
    pub pair: &'a [u8],
    /// The part before the first `=`, or the whole pair if it has none.
    pub name: &'a [u8],
    /// The part after the first `=`; empty if the pair has none.
    pub value: &'a [u8],
}

impl fmt::Debug for RequestCookie<'_> {
    /// Omits the value, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestCookie").finish_non_exhaustive()
    }
}

impl<'a> RequestCookie<'a> {
    fn parse(pair: &'a [u8]) -> Self {
        let pair = pair.trim_ascii();
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let value = parts.next().unwrap_or_default().trim_ascii();
        Self { pair, name, value }
    }

    /// The value as text; `None` if it is not UTF-8.
    pub fn text(&self) -> Option<&'a str> {
        str::from_utf8(self.value).ok()
    }
}

/// The cookies of a request, in the order of the header. Empty pairs are left out.
pub fn all<'a>(fields: impl Iterator<Item = &'a [u8]>) -> impl Iterator<Item = RequestCookie<'a>> {
    fields.flat_map(pairs).map(RequestCookie::parse).filter(|cookie| !cookie.pair.is_empty())
}

/// The parts of a field between its semicolons. Session tokens are long, so this does not look at each byte.
fn pairs(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(field);
    iter::from_fn(move || {
        let field = rest?;
        let (pair, after) = match memchr(b';', field).and_then(|end| field.split_at_checked(end)) {
            Some((pair, after)) => (pair, after.get(1..)),
            None => (field, None),
        };
        rest = after;
        Some(pair)
    })
}

/// The cookies with this name, in the order of the header. Names are case-sensitive.
pub fn named<'a>(
    fields: impl Iterator<Item = &'a [u8]>,
    name: &str,
) -> impl Iterator<Item = RequestCookie<'a>> {
    all(fields).filter(move |cookie| cookie.name == name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(fields: &[&'static [u8]]) -> Vec<String> {
        all(fields.iter().copied()).map(|cookie| String::from_utf8_lossy(cookie.name).into_owned()).collect()
    }

    #[test]
    fn cookies_are_read_from_every_field() {
        assert_eq!(names(&[b"a=1; b=2", b"c=3"]), ["a", "b", "c"]);
    }

    #[test]
    fn malformed_pairs_do_not_hide_others() {
        assert_eq!(names(&[b"; ;a=1;=;\xff=\xfe; b"]), ["a", "", "\u{fffd}", "b"]);
    }

    #[test]
    fn names_match_exactly() {
        let fields = || [b"Token=1; xtoken=2; token = 3 ".as_slice()].into_iter();
        let values: Vec<_> = named(fields(), "token").map(|cookie| cookie.value).collect();
        assert_eq!(values, [b"3"]);
    }
}
