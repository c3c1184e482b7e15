//! The paths as which programs may read an ambiguous path.

use std::collections::HashSet;

use super::{
    aliases::direct_aliases,
    escapes::{drop_invalid, unescape},
    path::{segments, without_stream},
    text::{is_invisible, normalize_compatibility, remove_accents},
};

/// How much text the readings of a path may have together, which bounds the time for a request.
const MAX_READINGS_BYTES: usize = 32 * 1024;

/// What a reading costs beside its text, for the same bound.
const READING_BYTES: usize = 256;

/// What programs do with a path before they look for the resource, each alone. Programs do several of them, in any
/// order, and some twice.
const STEPS: [fn(&str) -> String; 25] = [
    decode,
    decode_valid,
    decode_overlong,
    decode_unchecked,
    decode_as_latin_1,
    decode_wide,
    read_backslashes,
    cut_parameters,
    cut_query,
    cut_fragment,
    cut_at_semicolon,
    cut_at_nul,
    cut_at_line_end,
    cut_at_control,
    remove_line_ends,
    remove_invisible,
    collapse_slashes,
    resolve_dots,
    read_dots_as_parent,
    remove_scheme,
    remove_authority,
    normalize_compatibility,
    remove_accents,
    trim_segments,
    trim_ends,
];

/// Every reading of a path and of its aliases, including the path itself; `None` if there are too many.
pub(super) fn readings(path: &str, has_next_paths: bool) -> Option<Vec<String>> {
    let mut seen = HashSet::from([path.to_owned()]);
    let mut readings = vec![path.to_owned()];
    let mut bytes = 0;
    let mut next = 0;
    while let Some(reading) = readings.get(next).cloned() {
        let results = STEPS.iter().map(|step| step(&reading));
        for result in results.chain(direct_aliases(&reading, has_next_paths)?) {
            if seen.contains(&result) {
                continue;
            }
            bytes += result.len() + READING_BYTES;
            if bytes > MAX_READINGS_BYTES {
                return None;
            }
            seen.insert(result.clone());
            readings.push(result);
        }
        next += 1;
    }
    Some(readings)
}

fn decode(path: &str) -> String {
    drop_invalid(&unescape(path))
}

/// Decodes what is valid UTF-8 and leaves the rest for the next decoding.
fn decode_valid(path: &str) -> String {
    escape_invalid(&unescape(path))
}

fn escape_invalid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.extend(['%', hex_character(byte >> 4), hex_character(byte & 0xf)]);
        }
    }
    text
}

fn hex_character(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or_default()
}

/// Decodes UTF-8 as lax decoders do: they accept sequences that are longer than necessary, such as `%c0%af` for `/`.
fn decode_overlong(path: &str) -> String {
    decode_long_sequences(path, |byte| matches!(byte, 0x80..=0xbf))
}

/// Decodes such sequences as old versions of IIS do: they do not check the bytes that continue a sequence, so that
/// `%c1%1c` is a backslash.
fn decode_unchecked(path: &str) -> String {
    decode_long_sequences(path, |_| true)
}

fn decode_long_sequences(path: &str, continues: impl Fn(u8) -> bool) -> String {
    let decoded = unescape(path);
    let mut bytes = decoded.iter().copied();
    let mut lax = Vec::with_capacity(decoded.len());
    while let Some(byte) = bytes.next() {
        let continuations = match byte {
            0xc0 | 0xc1 => 1,
            0xe0 => 2,
            0xf0 => 3,
            _ => 0,
        };
        let mut ahead = bytes.clone();
        let rest: Vec<u8> = ahead.by_ref().take(continuations).take_while(|byte| continues(*byte)).collect();
        let code = rest.iter().fold(u32::from(byte & 0x0f), |code, byte| code << 6 | u32::from(byte & 0x3f));
        match u8::try_from(code) {
            Ok(code) if continuations > 0 && code.is_ascii() && rest.len() == continuations => {
                lax.push(code);
                bytes = ahead;
            }
            _ => lax.push(byte),
        }
    }
    escape_invalid(&lax)
}

fn decode_as_latin_1(path: &str) -> String {
    let decoded = unescape(path);
    if std::str::from_utf8(&decoded).is_ok() {
        return path.to_owned();
    }
    decoded.into_iter().map(char::from).collect()
}

/// Decodes `%u002f`, as IIS does.
fn decode_wide(path: &str) -> String {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.strip_prefix(['u', 'U']).and_then(|rest| rest.split_at_checked(4));
        let character = code.and_then(|(digits, rest)| {
            let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
            Some((char::from_u32(code)?, rest))
        });
        match character {
            Some((character, rest)) => {
                decoded.push(character);
                decoded.push_str(rest);
            }
            None => {
                decoded.push('%');
                decoded.push_str(part);
            }
        }
    }
    decoded
}

fn read_backslashes(path: &str) -> String {
    path.replace('\\', "/")
}

/// Removes `;jsessionid=…` from each segment, as Java servers do.
fn cut_parameters(path: &str) -> String {
    map_segments(path, |segment| Some(until(segment, |character| character == ';')))
}

fn cut_query(path: &str) -> String {
    until(path, |character| character == '?').to_owned()
}

fn cut_fragment(path: &str) -> String {
    until(path, |character| character == '#').to_owned()
}

fn cut_at_semicolon(path: &str) -> String {
    until(path, |character| character == ';').to_owned()
}

/// Programs in C end at a NUL.
fn cut_at_nul(path: &str) -> String {
    until(path, |character| character == '\0').to_owned()
}

/// `$` in a regular expression matches before a line feed, and `.` does not match one.
fn cut_at_line_end(path: &str) -> String {
    until(path, |character| matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')).to_owned()
}

fn cut_at_control(path: &str) -> String {
    until(path, |character| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')).to_owned()
}

fn until(text: &str, is_end: impl Fn(char) -> bool) -> &str {
    text.split(is_end).next().unwrap_or_default()
}

/// Parsers of URLs remove tabs and line feeds.
fn remove_line_ends(path: &str) -> String {
    path.replace(['\t', '\n', '\r'], "")
}

/// Some file systems ignore invisible characters.
fn remove_invisible(path: &str) -> String {
    path.chars().filter(|character| !is_invisible(*character)).collect()
}

fn collapse_slashes(path: &str) -> String {
    map_segments(path, |segment| (!segment.is_empty()).then_some(segment))
}

fn resolve_dots(path: &str) -> String {
    let mut resolved = Vec::new();
    for segment in path.strip_prefix('/').unwrap_or(path).split('/') {
        match segment {
            "." => {}
            ".." => {
                resolved.pop();
            }
            _ => resolved.push(segment),
        }
    }
    format!("/{}", resolved.join("/"))
}

/// Some versions of Windows took more dots, or dots and spaces, for the folder above.
fn read_dots_as_parent(path: &str) -> String {
    map_segments(path, |segment| {
        let is_dots = segment.contains("..") && segment.bytes().all(|byte| matches!(byte, b'.' | b' '));
        Some(if is_dots { ".." } else { segment })
    })
}

/// Parsers of URLs take `a:` at the start for a scheme.
fn remove_scheme(path: &str) -> String {
    let is_scheme_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    match path.split_once(':') {
        Some((scheme, rest)) if scheme.bytes().all(is_scheme_byte) => {
            format!("/{}", rest.strip_prefix('/').unwrap_or(rest))
        }
        _ => path.to_owned(),
    }
}

/// Parsers of URLs take what follows `//` or a scheme for a host.
fn remove_authority(path: &str) -> String {
    let rest = path.split_once("://").map(|(_, rest)| rest).or_else(|| path.strip_prefix("//"));
    match rest.map(|rest| rest.trim_start_matches('/').split_once('/')) {
        Some(Some((_, path))) => format!("/{path}"),
        Some(None) => "/".to_owned(),
        None => path.to_owned(),
    }
}

/// Removes what Windows ignores at the end of a name, and spaces.
fn trim_segments(path: &str) -> String {
    map_segments(path, |segment| {
        let segment = without_stream(segment).trim();
        Some(if matches!(segment, "." | "..") { segment } else { segment.trim_end_matches(['.', ' ']) })
    })
}

/// Removes what Windows ignores at the end of a name.
fn trim_ends(path: &str) -> String {
    map_segments(path, |segment| {
        Some(if matches!(segment, "." | "..") { segment } else { segment.trim_end_matches(['.', ' ']) })
    })
}

fn map_segments<'a>(path: &'a str, map: impl Fn(&'a str) -> Option<&'a str>) -> String {
    let mapped: Vec<&str> = segments(path).filter_map(map).collect();
    format!("/{}", mapped.join("/"))
}
