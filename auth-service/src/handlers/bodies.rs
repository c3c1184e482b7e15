use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::passkeys::ChallengeAnswer;

/// The address and the password of an account.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsBody {
    /// The e-mail address.
    #[schema(format = Email)]
    pub(super) email: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub(super) password: SecretString,
}

/// The pending login to continue, if there is one.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PendingLoginBody {
    /// `pending` in the response to the password.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) pending: Option<SecretString>,
}

/// The answer to a passkey challenge, and the pending login that it completes, if there is one.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyAnswerBody {
    /// The ID of the challenge.
    ceremony: String,
    /// The `PublicKeyCredential` of the browser as JSON.
    #[schema(value_type = Object)]
    credential: Value,
    /// `pending` in the response to the password.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) pending: Option<SecretString>,
}

impl PasskeyAnswerBody {
    pub(super) fn answer(&self) -> ChallengeAnswer<'_> {
        ChallengeAnswer { ceremony: &self.ceremony, credential: &self.credential }
    }
}
