use std::fmt;

/// What a rule requires of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// A session.
    SignedIn,
    /// A session of a user with this role.
    Role(String),
    /// A session that was confirmed with a second factor.
    SecondFactor,
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedIn => f.write_str("signed-in"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::SecondFactor => f.write_str("second-factor"),
        }
    }
}
