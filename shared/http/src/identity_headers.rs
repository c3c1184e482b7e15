//! The roles in the headers from which applications learn who the user is.

/// Carries the user's roles, separated by commas.
pub const ROLES: &str = "x-auth-roles";

/// Is `true` if the roles are too long for [`ROLES`].
pub const ROLES_OMITTED: &str = "x-auth-roles-omitted";

/// The most bytes of roles in a header. Servers limit the size of all headers together, often to 8 KiB.
const ROLES_MAX_BYTES: usize = 2 * 1024;

/// The value of [`ROLES`]. `None` if it would be too long: a shortened list would look complete.
pub fn roles_value(roles: &[String]) -> Option<String> {
    let value = roles.join(",");
    (value.len() <= ROLES_MAX_BYTES).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_fill_a_header_up_to_its_limit() {
        let role = |characters: usize| "r".repeat(characters);

        assert_eq!(roles_value(&[]).as_deref(), Some(""));
        assert_eq!(roles_value(&["admin".into(), "ops".into()]).as_deref(), Some("admin,ops"));
        assert_eq!(roles_value(&[role(1023), role(1024)]).map(|value| value.len()), Some(2048));
        assert_eq!(roles_value(&[role(1024), role(1024)]), None);
    }
}
