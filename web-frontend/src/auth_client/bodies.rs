//! Request bodies that contain a secret, or that several handlers send.

use drawbridge_core::exposed_secret::{ExposedSecret, serialize_exposed};
use secrecy::SecretString;
use serde::Serialize;

/// The body of a request that needs no content.
#[derive(Serialize)]
pub(crate) struct EmptyBody {}

/// `POST /api/login`.
#[derive(Serialize)]
pub(crate) struct PasswordLoginBody<'a> {
    pub(crate) email: &'a str,
    #[serde(serialize_with = "serialize_exposed")]
    pub(crate) password: &'a SecretString,
}

/// `POST /api/register`.
#[derive(Serialize)]
pub(crate) struct RegistrationBody<'a> {
    pub(crate) email: &'a str,
    #[serde(serialize_with = "serialize_exposed")]
    pub(crate) password: &'a SecretString,
    /// The path or URL to go to once the address is confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<&'a str>,
}

/// `POST /api/email/verify` and `POST /api/password/reset`.
#[derive(Serialize)]
pub(crate) struct LinkPasswordBody<'a> {
    /// The token of the link.
    #[serde(serialize_with = "serialize_exposed")]
    pub(crate) token: &'a SecretString,
    #[serde(serialize_with = "serialize_exposed")]
    pub(crate) password: &'a SecretString,
}

/// `POST /api/password`.
#[derive(Serialize)]
pub(crate) struct PasswordChangeBody<'a> {
    #[serde(serialize_with = "serialize_exposed")]
    pub(crate) current: &'a SecretString,
    #[serde(serialize_with = "serialize_exposed")]
    pub(crate) new: &'a SecretString,
    /// Whether to sign out all other devices.
    pub(crate) end_others: bool,
}

/// `POST /api/confirm`.
#[derive(Serialize)]
pub(crate) struct ConfirmIdentityBody<'a> {
    #[serde(serialize_with = "serialize_exposed")]
    pub(crate) password: &'a SecretString,
    /// The code of an authenticator app, or a recovery code.
    pub(crate) code: Option<ExposedSecret<'a>>,
}

/// `POST /api/links/look`.
#[derive(Serialize)]
pub(crate) struct LinkTokenBody<'a> {
    #[serde(serialize_with = "serialize_exposed")]
    pub(crate) token: &'a SecretString,
}

/// `POST /api/login/second` and `POST /api/totp/confirm`.
#[derive(Serialize)]
pub(crate) struct CodeBody<'a> {
    /// The pending login that the code completes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pending: Option<ExposedSecret<'a>>,
    #[serde(serialize_with = "serialize_exposed")]
    pub(crate) code: &'a SecretString,
}

/// The body of a request that starts the set-up or the use of a second factor.
#[derive(Serialize)]
pub(crate) struct PendingLoginBody<'a> {
    /// The pending login, if the factor is part of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pending: Option<ExposedSecret<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(body: &impl Serialize) -> String {
        serde_json::to_string(body).unwrap()
    }

    #[test]
    fn secrets_are_written_as_text() {
        let secret = SecretString::from("s3cret");

        let confirmation = ConfirmIdentityBody { password: &secret, code: Some((&secret).into()) };
        let code = CodeBody { pending: Some((&secret).into()), code: &secret };

        assert_eq!(json(&confirmation), r#"{"password":"s3cret","code":"s3cret"}"#);
        assert_eq!(json(&code), r#"{"pending":"s3cret","code":"s3cret"}"#);
    }

    #[test]
    fn absent_secrets_are_null_or_left_out() {
        let secret = SecretString::from("s3cret");

        let confirmation = ConfirmIdentityBody { password: &secret, code: None };
        let code = CodeBody { pending: None, code: &secret };

        assert_eq!(json(&confirmation), r#"{"password":"s3cret","code":null}"#);
        assert_eq!(json(&code), r#"{"code":"s3cret"}"#);
    }
}
