//! The headers from which the application learns who the user is, without verifying a token.

use drawbridge_http::identity_headers::{ROLES, ROLES_OMITTED, roles_value};
use drawbridge_verification::Verified;

/// The names and values for a signed-in user.
pub(super) fn identity_headers(verified: &Verified) -> Vec<(&'static str, String)> {
    let Verified { user, session } = verified;
    let roles = match roles_value(&user.roles) {
        Some(roles) => (ROLES, roles),
        None => (ROLES_OMITTED, "true".to_owned()),
    };
    vec![
        ("x-auth-user-id", user.id.to_string()),
        ("x-auth-email", user.email.clone()),
        ("x-auth-email-verified", user.email_verified.to_string()),
        ("x-auth-session-id", session.id.to_string()),
        roles,
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers_of(roles: Vec<String>) -> Vec<&'static str> {
        let id = "01a22093-4a14-7000-8004-610080a228aa";
        let time = "2026-11-28T00:00:00Z";
        let verified: Verified = serde_json::from_value(json!({
            "user": {"id": id, "email": "ada@example.com", "email_verified": true, "roles": roles},
            "session": {
                "id": id, "created_at": time, "expires_at": time, "token_issued_at": time, "token_expires_at": time,
            },
        }))
        .unwrap();
        identity_headers(&verified).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn too_many_roles_are_omitted_and_not_cut() {
        assert!(headers_of(vec!["admin".to_owned()]).contains(&"x-auth-roles"));

        let many = headers_of((0..500).map(|number| format!("role-{number}")).collect());
        assert!(many.contains(&"x-auth-roles-omitted") && !many.contains(&"x-auth-roles"));
    }
}
