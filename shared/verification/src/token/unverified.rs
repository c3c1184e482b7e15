use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// What a token claims, without any verification. Anyone can write this, so it decides nothing: it only explains a
/// refusal, or tells whether a verification is worth its cost.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UnverifiedClaims {
    /// The issuer.
    pub iss: Option<String>,
    /// When the token was issued, in seconds since 1970.
    pub iat: i64,
    /// When the token expires, in seconds since 1970.
    pub exp: i64,
}

impl UnverifiedClaims {
    /// Reads the claims of a JWT. `None` if it is no JWT, or has no times.
    pub fn read(token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    /// Returns true if the token is past half its lifetime.
    pub fn are_past_half_their_lifetime(&self, now: DateTime<Utc>) -> bool {
        now.timestamp().saturating_sub(self.iat) > self.exp.saturating_sub(self.iat) / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn claims_are_read_without_a_valid_signature() {
        let claims = UnverifiedClaims::read(&token(r#"{"iss":"https://a.example","iat":100,"exp":200}"#));

        let expected = UnverifiedClaims { iss: Some("https://a.example".into()), iat: 100, exp: 200 };
        assert_eq!(claims, Some(expected));
        for other in ["", "a.b.c", &token("{}"), &token("[]"), &token(r#"{"iat":"100","exp":200}"#)] {
            assert_eq!(UnverifiedClaims::read(other), None, "{other}");
        }
    }

    #[test]
    fn half_the_lifetime_is_exact_and_never_overflows() {
        let claims = |iat, exp| UnverifiedClaims { iss: None, iat, exp };
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();

        assert!(!claims(100, 200).are_past_half_their_lifetime(at(150)));
        assert!(claims(100, 200).are_past_half_their_lifetime(at(151)));
        assert!(!claims(i64::MAX, i64::MIN).are_past_half_their_lifetime(at(0)));
    }
}
