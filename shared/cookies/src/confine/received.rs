//! Parses `Set-Cookie` headers without losing anything, byte by byte as browsers do (RFC 6265bis, 5.6).

/// The longest attribute value that browsers read, in bytes. They ignore the attribute if its value is longer.
pub(super) const ATTRIBUTE_MAX_BYTES: usize = 1024;

/// The `SameSite` attribute as the server wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrittenSameSite {
    /// Absent, or a value that no browser knows.
    Unspecified,
    Strict,
    Lax,
    None,
}

/// One `Set-Cookie` header. If an attribute is repeated, the last one counts.
#[derive(Debug)]
pub(super) struct SetCookieParts<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
    /// The `Path`, if it begins with a slash.
    pub(super) path: Option<&'a str>,
    /// The `Domain`, as it was written.
    pub(super) domain: Option<&'a str>,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    pub(super) partitioned: bool,
    pub(super) same_site: WrittenSameSite,
    /// `HttpOnly` and the attributes that no rewriting concerns, in their order.
    pub(super) others: Vec<&'a [u8]>,
}

impl<'a> SetCookieParts<'a> {
    /// Parses a header. `None` if it has no name or contains control characters.
    ///
    /// Browsers store `=token=1` as a cookie without a name and send it as `token=1`, so it must never pass.
    pub(super) fn parse(set_cookie: &'a [u8]) -> Option<Self> {
        if set_cookie.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return None;
        }
        let mut parts = set_cookie.split(|byte| *byte == b';');
        let (name, value) = split_at_equals(parts.next()?)?;
        if name.is_empty() {
            return None;
        }
        let mut parsed = Self {
            name,
            value,
            path: None,
            domain: None,
            secure: false,
            http_only: false,
            partitioned: false,
            same_site: WrittenSameSite::Unspecified,
            others: Vec::new(),
        };
        parts.for_each(|attribute| parsed.add(attribute));
        Some(parsed)
    }

    fn add(&mut self, attribute: &'a [u8]) {
        let attribute = trim(attribute);
        let (name, value) = split_at_equals(attribute).unwrap_or((attribute, b""));
        if value.len() > ATTRIBUTE_MAX_BYTES || !is_attribute_name(name) {
            return;
        }
        let text = str::from_utf8(value).ok();
        match name.to_ascii_lowercase().as_slice() {
            b"path" => self.path = text.filter(|path| path.starts_with('/')),
            b"domain" => self.domain = text,
            b"secure" => self.secure = true,
            b"partitioned" => self.partitioned = true,
            b"samesite" => self.same_site = same_site(value),
            other => {
                self.http_only |= other == b"httponly";
                self.others.push(attribute);
            }
        }
    }
}

/// Returns true for a name that some browser may know.
fn is_attribute_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

fn split_at_equals(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let position = text.iter().position(|byte| *byte == b'=')?;
    let (name, rest) = text.split_at_checked(position)?;
    Some((trim(name), trim(rest.strip_prefix(b"=")?)))
}

/// Removes spaces and tabs at both ends. Browsers keep any other whitespace.
fn trim(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text.iter().position(|byte| !is_blank(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

fn same_site(value: &[u8]) -> WrittenSameSite {
    match value.to_ascii_lowercase().as_slice() {
        b"strict" => WrittenSameSite::Strict,
        b"lax" => WrittenSameSite::Lax,
        b"none" => WrittenSameSite::None,
        _ => WrittenSameSite::Unspecified,
    }
}
