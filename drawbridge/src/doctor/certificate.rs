//! The end of a certificate's life, read out of its DER (RFC 5280, 4.1).

use chrono::{DateTime, NaiveDateTime, Utc};

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// `notAfter`; `None` if the bytes are no certificate.
pub(crate) fn end(der: &[u8]) -> Option<DateTime<Utc>> {
    let (certificate, _) = take(der, SEQUENCE)?;
    let (mut rest, _) = take(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = next(rest)?.2;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        rest = next(rest)?.2;
    }
    let (validity, _) = take(rest, SEQUENCE)?;
    let (tag, text, _) = next(next(validity)?.2)?;
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        // Two digits of the year, from 1950 on.
        UTC_TIME if text < "5" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    Some(NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?.and_utc())
}

/// The content of an element that has to have this tag, and what comes after it.
fn take(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = next(der)?;
    (tag == wanted).then_some((content, rest))
}

/// Tag and content of the first element, and what comes after it.
fn next(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
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
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        let length = if length < 0x80 { vec![length] } else { vec![0x81, length] };
        [&[tag], length.as_slice(), content].concat()
    }

    fn certificate(end: &[u8]) -> Vec<u8> {
        let validity = [element(UTC_TIME, b"260101000000Z"), end.to_vec()].concat();
        let parts = [
            element(VERSION, &element(0x02, &[2])),
            element(0x02, &[1; 16]),
            element(SEQUENCE, &[0; 12]),
            element(SEQUENCE, &[0; 100]),
            element(SEQUENCE, &validity),
        ];
        element(SEQUENCE, &element(SEQUENCE, &parts.concat()))
    }

    #[test]
    fn both_forms_of_time_are_read() {
        let year = |end: &[u8]| super::end(&certificate(end)).map(|end| end.format("%Y-%m-%d").to_string());
        assert_eq!(year(&element(UTC_TIME, b"270228235959Z")).unwrap(), "2027-02-28");
        assert_eq!(year(&element(UTC_TIME, b"991231235959Z")).unwrap(), "1999-12-31");
        assert_eq!(year(&element(GENERALIZED_TIME, b"20510101000000Z")).unwrap(), "2051-01-01");
        assert_eq!(year(&element(0x02, b"1")), None);
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let good = certificate(&element(UTC_TIME, b"270228235959Z"));
        for length in 0..good.len() {
            assert_eq!(end(&good[..length]), None);
        }
        assert_eq!(end(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
