use std::fmt;

/// A role of a user. Applications behind the guard read it from `X-Auth-Roles` and decide what it means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Role(String);

/// Why a string is not a valid role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// It is empty or too long.
    #[error("A role must have 1 to {} characters.", Role::MAX_CHARACTERS)]
    Length,
    /// It contains a comma, which separates roles, or a control character, which no header can contain.
    #[error("A role must not contain commas or control characters.")]
    Character,
}

impl Role {
    /// The maximum length, in characters.
    pub const MAX_CHARACTERS: usize = 64;

    /// Parses a role; surrounding spaces and tabs are removed.
    pub fn parse(text: &str) -> Result<Self, RoleError> {
        let text = text.trim_matches([' ', '\t']);
        if !(1..=Self::MAX_CHARACTERS).contains(&text.chars().count()) {
            return Err(RoleError::Length);
        }
        // U+001F, which separates roles in the result of a query, is a control character.
        if text.contains(|character: char| character == ',' || character.is_control()) {
            return Err(RoleError::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The role as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_short_name_without_separators() {
        assert_eq!(Role::parse(" content editor ").unwrap().as_str(), "content editor");
        assert_eq!(Role::parse(&"é".repeat(64)).unwrap().as_str().chars().count(), 64);
        for text in ["", "  ", &"x".repeat(65)] {
            assert_eq!(Role::parse(text), Err(RoleError::Length), "{text:?}");
        }
        for text in ["a,b", "a\nb", "a\u{1f}b", "a\u{0}"] {
            assert_eq!(Role::parse(text), Err(RoleError::Character), "{text:?}");
        }
    }
}
