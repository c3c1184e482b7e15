use std::fmt;

use super::FactorKind;

/// How a person proved their identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInMethod {
    /// With a password.
    Password,
    /// With a password and a second factor.
    PasswordAnd(FactorKind),
    /// With a passkey, which counts as two factors.
    Passkey,
}

impl SignInMethod {
    /// Returns true if the person has proved a second factor.
    pub fn has_second_factor(self) -> bool {
        match self {
            Self::Password => false,
            Self::PasswordAnd(_) | Self::Passkey => true,
        }
    }
}

impl fmt::Display for SignInMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password => f.write_str("password"),
            Self::PasswordAnd(factor) => write!(f, "password {factor}"),
            Self::Passkey => f.write_str("passkey"),
        }
    }
}
