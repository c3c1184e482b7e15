//! Codes from authenticator apps (RFC 6238), with SHA-1, six digits and steps of 30 seconds, which every app supports.

use chrono::{DateTime, Utc};
use drawbridge_core::random::Random;
use qrcode::{QrCode, render::svg};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use totp_rs::{Builder, Totp};

/// The length of a secret: 160 bits, as recommended by RFC 4226, section 4.
const SECRET_BYTES: usize = 20;

/// How far the clocks of the server and the phone may differ in either direction, in time steps.
const CLOCK_SKEW_STEPS: u16 = 1;

/// The secret shared by the server and the app.
pub struct TotpSecret(Zeroizing<[u8; SECRET_BYTES]>);

impl TotpSecret {
    /// Generates a secret.
    pub fn generate(random: Random) -> Self {
        Self(Zeroizing::new(random.bytes()))
    }

    /// Restores a stored secret.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// The bytes to seal and store.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The time step of `code`, if the code is valid at `now`.
    pub fn check(&self, code: &SecretString, now: DateTime<Utc>) -> Option<i64> {
        let seconds = u64::try_from(now.timestamp()).ok()?;
        let step = self.totp("", "").check(code.expose_secret(), seconds)?;
        i64::try_from(step).ok()
    }

    /// The secret as a user types it into an app: Base32 in groups of four.
    pub fn text(&self) -> SecretString {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        // 160 bits are 32 digits of 5 bits.
        let bit = |at: usize| self.0.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8)) & 1);
        let digit = |n: usize| (0..5).fold(0, |digit, place| digit * 2 + bit(n * 5 + place));
        let digits = (0..SECRET_BYTES * 8 / 5).filter_map(|n| ALPHABET.get(digit(n)));
        let text = digits.enumerate().fold(String::new(), |mut text, (at, digit)| {
            if at > 0 && at % 4 == 0 {
                text.push(' ');
            }
            text.push(char::from(*digit));
            text
        });
        text.into()
    }

    /// The URI that an app reads from the QR code: `otpauth://totp/…`.
    pub fn uri(&self, issuer: &str, account: &str) -> Option<SecretString> {
        // A colon would terminate the issuer.
        let issuer = issuer.replace(':', " ");
        let account = account.replace(':', " ");
        self.totp(&issuer, &account).to_url().ok().map(SecretString::from)
    }

    fn totp(&self, issuer: &str, account: &str) -> Totp {
        let issuer = Some(issuer).filter(|issuer| !issuer.is_empty());
        Builder::new()
            .with_secret(self.0.to_vec())
            .with_skew(CLOCK_SKEW_STEPS)
            .with_account_name(account)
            .with_issuer(issuer)
            .build_noncompliant()
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

/// Renders text as a QR code: an `<svg>` element in black on white, without styles or scripts.
pub fn qr_svg(text: &SecretString) -> Option<SecretString> {
    let code = QrCode::new(text.expose_secret()).ok()?;
    let image = code
        .render::<svg::Color>()
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .min_dimensions(200, 200)
        .build();
    // Skip the XML declaration, which only files need.
    image.find("<svg").and_then(|start| image.get(start..)).map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_match_the_test_vectors_of_rfc_6238() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
        // From appendix B of the RFC: the last six of the eight digits.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let step_after =
                |delay| secret.check(&code.into(), DateTime::from_timestamp(seconds + delay, 0).unwrap());
            assert_eq!(step_after(0), Some(seconds / 30), "{code}");
            assert_eq!(step_after(30), Some(seconds / 30), "{code} one step late");
            assert_eq!(step_after(-30), Some(seconds / 30), "{code} one step early");
            assert_eq!(step_after(60), None, "{code} two steps late");
        }
        for bad in ["", "28708", "2870820", "28708x", "２８７０８２"] {
            assert_eq!(secret.check(&bad.into(), DateTime::from_timestamp(59, 0).unwrap()), None, "{bad:?}");
        }
    }

    #[test]
    fn the_uri_and_the_text_contain_the_same_secret() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
        assert_eq!(secret.text().expose_secret(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let uri = secret.uri("A: B", "ada@example.com").unwrap();
        let svg = qr_svg(&uri).unwrap();
        let (uri, svg) = (uri.expose_secret(), svg.expose_secret());
        assert!(uri.starts_with("otpauth://totp/A%20%20B:ada%40example.com?"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(svg.starts_with("<svg") && !svg.contains("style"), "{svg}");
    }
}
