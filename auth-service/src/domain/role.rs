use std::fmt;

/// What a user may do, in a word of the applications behind the guard, which read it in `X-Auth-Roles`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Role(String);

/// What is wrong with a text that should be a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoleFault {
    /// Nothing, or too long.
    #[error("A role's name has 1 to {} characters.", Role::MAX_CHARACTERS)]
    Length,
    /// A comma stands between roles, and a control character fits into no header.
    #[error("A role's name has no comma and no control character in it.")]
    Character,
}

impl Role {
    /// The greatest length, in characters.
    pub const MAX_CHARACTERS: usize = 64;

    /// Reads a role; spaces and tabs around it are dropped.
    pub fn parse(text: &str) -> Result<Self, RoleFault> {
        let text = text.trim_matches([' ', '\t']);
        if !(1..=Self::MAX_CHARACTERS).contains(&text.chars().count()) {
            return Err(RoleFault::Length);
        }
        // U+001F, which stands between roles in a query's answer, is a control character.
        if text.contains(|character: char| character == ',' || character.is_control()) {
            return Err(RoleFault::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
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
    fn a_role_is_a_short_name_that_can_stand_in_a_list() {
        assert_eq!(Role::parse(" content editor ").unwrap().as_str(), "content editor");
        assert_eq!(Role::parse(&"é".repeat(64)).unwrap().as_str().chars().count(), 64);
        for text in ["", "  ", &"x".repeat(65)] {
            assert_eq!(Role::parse(text), Err(RoleFault::Length), "{text:?}");
        }
        for text in ["a,b", "a\nb", "a\u{1f}b", "a\u{0}"] {
            assert_eq!(Role::parse(text), Err(RoleFault::Character), "{text:?}");
        }
    }
}
