use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::passkeys::ChallengeAnswer;

/// The address and the password of an account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsBody {
    pub(super) email: String,
    pub(super) password: SecretString,
}

/// The pending login to continue, if there is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PendingLoginBody {
    #[serde(default)]
    pub(super) pending: Option<SecretString>,
}

/// The answer to a passkey challenge, and the pending login that it completes, if there is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyAnswerBody {
    ceremony: String,
    credential: Value,
    #[serde(default)]
    pub(super) pending: Option<SecretString>,
}

impl PasskeyAnswerBody {
    pub(super) fn answer(&self) -> ChallengeAnswer<'_> {
        ChallengeAnswer { ceremony: &self.ceremony, credential: &self.credential }
    }
}
