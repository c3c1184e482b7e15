//! Taking paths apart and putting them together again.

use super::path::hex_digit;

/// Decodes the valid escapes of a text.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        match (byte, hex_digit(ahead.next()), hex_digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}

/// The text in bytes that may be invalid, without the invalid ones.
pub(super) fn drop_invalid(bytes: &[u8]) -> String {
    bytes.utf8_chunks().map(|chunk| chunk.valid()).collect()
}

/// A path of these segments.
pub(super) fn join<'a>(segments: impl Iterator<Item = &'a str>) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        path.push_str(segment);
    }
    if path.is_empty() { "/".to_owned() } else { path }
}
