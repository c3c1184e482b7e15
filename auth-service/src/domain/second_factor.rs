//! The policy for second factors (ASVS 5.0, V6.3.3).

use std::{fmt, str::FromStr};

use drawbridge_core::settings::{Reader, Setting};
use serde::Serialize;

const SECOND_FACTOR: Setting = Setting::new(
    "SECOND_FACTOR",
    "Whether a sign-in requires a second factor: `off` never requests one, `optional` requests one from users who \
     have set one up, and `required` also makes all other users set one up at the next sign-in.",
)
.values("`off`, `optional` or `required`")
.default("`optional`");

/// `SECOND_FACTOR`: whether a sign-in requires more than a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactorPolicy {
    /// No factor is requested, even if one is set up.
    Off,
    /// Users who have a factor must use it.
    #[default]
    Optional,
    /// Users without a factor must set one up at the next sign-in.
    Required,
}

/// A kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// An authenticator app.
    Totp,
    /// A passkey.
    Passkey,
    /// A recovery code, which replaces another factor once.
    RecoveryCode,
}

/// The second factors of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EnrolledFactors {
    /// Whether the account has a confirmed authenticator app.
    pub totp: bool,
    /// The number of unused recovery codes.
    pub recovery_codes: i64,
    /// The number of passkeys.
    pub passkeys: i64,
}

impl SecondFactorPolicy {
    /// Reads `SECOND_FACTOR`.
    pub fn read(reader: &mut Reader) -> Self {
        reader.optional(SECOND_FACTOR, str::parse).unwrap_or_default()
    }

    /// Returns true if the deployment supports second factors.
    pub fn is_enabled(self) -> bool {
        self != Self::Off
    }

    /// Returns true if an account may not lose its last factor.
    pub fn is_required(self) -> bool {
        self == Self::Required
    }

    /// The factors that can complete a sign-in after the password, or `None` if the password is enough. The list is
    /// empty if the user has to set up a factor first.
    pub fn required_factors(self, enrolled: EnrolledFactors) -> Option<Vec<FactorKind>> {
        match self {
            Self::Off => None,
            Self::Optional if !enrolled.any() => None,
            Self::Optional | Self::Required => Some(enrolled.kinds()),
        }
    }
}

impl FromStr for SecondFactorPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "optional" => Ok(Self::Optional),
            "required" => Ok(Self::Required),
            _ => Err(format!("must be off, optional or required, not \"{text}\"")),
        }
    }
}

impl FactorKind {
    /// The kind in the API and in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::RecoveryCode => "recovery_code",
        }
    }
}

impl fmt::Display for FactorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl EnrolledFactors {
    /// Returns true if there is an authenticator app or a passkey. Recovery codes alone do not count.
    pub fn any(self) -> bool {
        self.totp || self.passkeys > 0
    }

    fn kinds(self) -> Vec<FactorKind> {
        let mut kinds = Vec::new();
        if self.totp {
            kinds.push(FactorKind::Totp);
        }
        if self.passkeys > 0 {
            kinds.push(FactorKind::Passkey);
        }
        if self.any() && self.recovery_codes > 0 {
            kinds.push(FactorKind::RecoveryCode);
        }
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_decides_which_factors_are_requested() {
        use FactorKind::{Passkey, RecoveryCode, Totp};
        let none = EnrolledFactors::default();
        let codes_only = EnrolledFactors { recovery_codes: 3, ..none };
        let app = EnrolledFactors { totp: true, recovery_codes: 10, ..none };
        let passkey = EnrolledFactors { passkeys: 2, ..none };

        for (case, policy, enrolled, expected) in [
            ("off, with an app", SecondFactorPolicy::Off, app, None),
            ("optional, without a factor", SecondFactorPolicy::Optional, none, None),
            ("optional, with codes only", SecondFactorPolicy::Optional, codes_only, None),
            ("optional, with an app", SecondFactorPolicy::Optional, app, Some(vec![Totp, RecoveryCode])),
            ("optional, with a passkey", SecondFactorPolicy::Optional, passkey, Some(vec![Passkey])),
            ("required, without a factor", SecondFactorPolicy::Required, none, Some(vec![])),
            ("required, with an app", SecondFactorPolicy::Required, app, Some(vec![Totp, RecoveryCode])),
        ] {
            assert_eq!(policy.required_factors(enrolled), expected, "{case}");
        }
    }
}
