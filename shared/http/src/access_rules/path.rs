//! How a path is spelled.

use std::fmt;

/// How a path of a request is spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spelling {
    /// Without escapes and without anything that two programs could read differently.
    Plain,
    /// With escapes or other characters, and with one meaning for every program that decodes it once.
    Decoded(Decoded),
    /// Programs may disagree about which resource this is.
    Unclear,
}

/// A path that was decoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) text: String,
    /// Whether it contains only escapes that programs write, as `encodeURIComponent` does.
    pub(super) is_usual: bool,
    /// Whether it contains characters that some programs replace, as in full-width letters, or read again as a part
    /// of a URL.
    pub(super) is_replaceable: bool,
}

/// The segments of a path: a slash at the end does not count.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let is_root = path.is_empty();
    path.split('/').filter(move |_| !is_root)
}

impl Spelling {
    /// Looks at the raw path of a request.
    pub(super) fn of(path: &str) -> Self {
        if is_ordinary(path) {
            return Self::Plain;
        }
        let decoded = match path {
            _ if path.contains(['?', '#']) => None,
            _ if path.contains('%') => unescape(path),
            _ => Some(Decoded::new(path.to_owned(), true)),
        };
        match decoded {
            Some(decoded) if !is_clear(&decoded.text) => Self::Unclear,
            Some(decoded) if decoded.text == path && path.is_ascii() => Self::Plain,
            Some(decoded) => Self::Decoded(decoded),
            None => Self::Unclear,
        }
    }
}

impl Decoded {
    fn new(text: String, is_usual: bool) -> Self {
        let is_replaceable = !text.is_ascii() || text.contains(['?', '#']);
        Self { text, is_usual, is_replaceable }
    }
}

/// Recognizes most plain paths in one pass.
fn is_ordinary(path: &str) -> bool {
    let mut previous = 0;
    path.starts_with('/')
        && path.bytes().all(|byte| {
            let is_start = previous == b'/';
            previous = byte;
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'_' | b'~')
                || b"/.".contains(&byte) && !is_start
        })
}

/// Decodes a path once; `None` if an escape is invalid or changes the structure.
fn unescape(path: &str) -> Option<Decoded> {
    let mut is_usual = true;
    let mut bytes = path.bytes();
    let mut decoded = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let byte = hex_digit(bytes.next())? << 4 | hex_digit(bytes.next())?;
        if byte == b'/' {
            return None;
        }
        is_usual &= !(byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte));
        decoded.push(byte);
    }
    let text = String::from_utf8(decoded).ok()?;
    Some(Decoded::new(text, is_usual))
}

/// The value of a hexadecimal digit.
pub(super) fn hex_digit(byte: Option<u8>) -> Option<u8> {
    let digit = char::from(byte?).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Whether a decoded path has one structure for every program.
fn is_clear(path: &str) -> bool {
    let is_special = |byte: u8| matches!(byte, b'\\' | b';' | 0..=0x1f | 0x7f);
    let has_controls = !path.is_ascii() && path.chars().any(char::is_control);
    let mut segments = segments(path);
    path.is_empty() && segments.next().is_none()
        || path.starts_with('/')
            && !path.bytes().any(is_special)
            && !has_controls
            && !contains_escape(path)
            && !path.ends_with("//")
            && segments.all(is_clear_segment)
}

/// Whether a segment is neither empty nor a dot segment in any program: Windows ignores dots and spaces at the end.
fn is_clear_segment(segment: &str) -> bool {
    !without_stream(segment).chars().all(|character| character == '.' || character.is_whitespace())
}

/// The segment without the name of a default stream on Windows, such as `::$DATA`.
pub(super) fn without_stream(segment: &str) -> &str {
    let before = |mark| segment.split(mark).next().unwrap_or_default();
    let (file, folder) = (before("::"), before(":$"));
    if file.len() < folder.len() { file } else { folder }
}

/// Whether a decoded path can be decoded again.
fn contains_escape(path: &str) -> bool {
    path.split('%').skip(1).any(|rest| {
        let mut bytes = rest.bytes();
        let first = bytes.next();
        matches!(first, Some(b'u' | b'U')) || hex_digit(first).is_some() && hex_digit(bytes.next()).is_some()
    })
}

/// Decodes a segment of a rule; `None` if requests for it would be ambiguous.
pub(super) fn parse_plain_segment(text: &str) -> Option<String> {
    match Spelling::of(&format!("/{text}")) {
        _ if text.is_empty() => None,
        Spelling::Plain => Some(text.to_owned()),
        Spelling::Decoded(decoded) => decoded.text.strip_prefix('/').map(str::to_owned),
        Spelling::Unclear => None,
    }
}

/// Writes a decoded segment so that a rule with it parses again.
pub(super) fn write_encoded(f: &mut fmt::Formatter<'_>, segment: &str) -> fmt::Result {
    segment.chars().try_for_each(|character| match character {
        '%' | '*' | ',' | '=' | '?' | '#' => write!(f, "%{:02X}", u32::from(character)),
        _ if character.is_whitespace() => {
            let mut buffer = [0; 4];
            character.encode_utf8(&mut buffer).bytes().try_for_each(|byte| write!(f, "%{byte:02X}"))
        }
        _ => write!(f, "{character}"),
    })
}
