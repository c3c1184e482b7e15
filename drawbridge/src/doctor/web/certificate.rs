//! Reads the expiry date from a DER certificate (RFC 5280, 4.1).

use chrono::{DateTime, NaiveDateTime, Utc};

const SEQUENCE_TAG: u8 = 0x30;
const VERSION_TAG: u8 = 0xa0;
const UTC_TIME_TAG: u8 = 0x17;
const GENERALIZED_TIME_TAG: u8 = 0x18;

/// One DER element and the bytes after it.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

/// The certificate's `notAfter`, or `None` if the bytes are not a certificate.
pub(super) fn expiry(der: &[u8]) -> Option<DateTime<Utc>> {
    let certificate = content_of_sequence(der)?;
    let mut rest = content_of_sequence(certificate)?;
    if rest.first() == Some(&VERSION_TAG) {
        rest = read_element(rest)?.rest;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        rest = read_element(rest)?.rest;
    }
    let validity = content_of_sequence(rest)?;
    let not_after = read_element(read_element(validity)?.rest)?;
    let text = std::str::from_utf8(not_after.content).ok()?;
    let text = match not_after.tag {
        // The year has two digits: 50 to 99 are 1950 to 1999.
        UTC_TIME_TAG if text < "5" => format!("20{text}"),
        UTC_TIME_TAG => format!("19{text}"),
        GENERALIZED_TIME_TAG => text.to_owned(),
        _ => return None,
    };
    Some(NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?.and_utc())
}

fn content_of_sequence(der: &[u8]) -> Option<&[u8]> {
    let element = read_element(der)?;
    (element.tag == SEQUENCE_TAG).then_some(element.content)
}

fn read_element(der: &[u8]) -> Option<Element<'_>> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(Element { tag: *tag, content, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        let length = if length < 0x80 { vec![length] } else { vec![0x81, length] };
        [&[tag], length.as_slice(), content].concat()
    }

    fn certificate(not_after: &[u8]) -> Vec<u8> {
        let validity = [element(UTC_TIME_TAG, b"260101000000Z"), not_after.to_vec()].concat();
        let parts = [
            element(VERSION_TAG, &element(0x02, &[2])),
            element(0x02, &[1; 16]),
            element(SEQUENCE_TAG, &[0; 12]),
            element(SEQUENCE_TAG, &[0; 100]),
            element(SEQUENCE_TAG, &validity),
        ];
        element(SEQUENCE_TAG, &element(SEQUENCE_TAG, &parts.concat()))
    }

    #[test]
    fn both_time_formats_are_read() {
        for (case, not_after, expected) in [
            ("UTCTime after 2000", element(UTC_TIME_TAG, b"270228235959Z"), Some("2027-02-28")),
            ("UTCTime before 2000", element(UTC_TIME_TAG, b"991231235959Z"), Some("1999-12-31")),
            ("GeneralizedTime", element(GENERALIZED_TIME_TAG, b"20510101000000Z"), Some("2051-01-01")),
            ("another type", element(0x02, b"1"), None),
        ] {
            let date = expiry(&certificate(&not_after)).map(|expiry| expiry.format("%Y-%m-%d").to_string());

            assert_eq!(date.as_deref(), expected, "{case}");
        }
    }

    #[test]
    fn truncated_certificates_have_no_expiry() {
        let whole = certificate(&element(UTC_TIME_TAG, b"270228235959Z"));

        for length in 0..whole.len() {
            assert_eq!(expiry(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(expiry(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None, "a length of four bytes");
    }
}
