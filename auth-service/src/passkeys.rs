//! Passkeys (WebAuthn, level 3): challenges for browsers, and the answers to them. Each challenge can be answered once.

mod ceremony;
mod config;
mod error;

use chrono::{DateTime, Utc};
use drawbridge_core::{id::UserId, origin::Origin};
use drawbridge_database::Database;
use serde::Deserialize;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableKey, Passkey, PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, Webauthn,
    WebauthnBuilder,
};

pub(crate) use ceremony::{CeremonyPurpose, Challenge};
pub(crate) use config::read_relying_party;
pub(crate) use error::PasskeyError;

use crate::{
    domain::Holder,
    storage::{self, PasskeyRow},
};
use ceremony::{Ceremonies, Ceremony, CeremonyState};

/// How many passkeys an account may have.
pub(crate) const MAX_PASSKEYS_PER_USER: i64 = 20;

/// A browser's answer to a challenge.
pub(crate) struct ChallengeAnswer<'a> {
    /// The ID of the challenge.
    pub(crate) ceremony: &'a str,
    /// The credential, as the browser's `PublicKeyCredential.toJSON()` returns it.
    pub(crate) credential: &'a Value,
}

/// A passkey that was just created.
pub(crate) struct NewPasskey {
    /// The ID of the credential.
    pub(crate) id: Vec<u8>,
    /// The public key, the counter and other data, as JSON.
    pub(crate) credential: String,
}

/// The relying party: creates challenges and checks the answers to them.
pub(crate) struct Passkeys {
    webauthn: Webauthn,
    ceremonies: Ceremonies,
    database: Database,
}

impl Passkeys {
    pub(crate) fn new(
        relying_party: &str,
        frontend: &Origin,
        site_name: &str,
        database: Database,
    ) -> Result<Self, String> {
        let origin = Url::parse(&frontend.to_string()).map_err(|error| error.to_string())?;
        let webauthn = WebauthnBuilder::new(relying_party, &origin)
            .and_then(|builder| builder.rp_name(site_name).build())
            .map_err(|error| format!("passkeys cannot be set up for {relying_party}: {error:?}"))?;
        Ok(Self { webauthn, ceremonies: Ceremonies(database.clone()), database })
    }

    /// Creates the challenge for adding a passkey to an account that already has the `existing` ones.
    pub(crate) async fn begin_registration(
        &self,
        holder: &Holder,
        existing: &[PasskeyRow],
        now: DateTime<Utc>,
    ) -> Result<Challenge, PasskeyError> {
        let existing_ids = existing.iter().map(|row| row.id.clone()).collect();
        let Holder { user, email } = holder;
        let (options, state) = self
            .webauthn
            .start_passkey_registration(uuid(*user), email, email, Some(existing_ids))
            .map_err(PasskeyError::internal)?;
        let mut options = serde_json::to_value(options).map_err(PasskeyError::internal)?;
        // A discoverable credential, where the device supports it, allows sign-in without an address.
        if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
            selection["residentKey"] = json!("preferred");
        }
        let ceremony = Ceremony { purpose: CeremonyPurpose::Add, state: CeremonyState::Registration(state) };
        self.ceremonies.begin(Some(*user), &ceremony, options, now).await
    }

    /// Checks the answer to a challenge from [`Passkeys::begin_registration`].
    pub(crate) async fn finish_registration(
        &self,
        user: UserId,
        answer: &ChallengeAnswer<'_>,
        now: DateTime<Utc>,
    ) -> Result<NewPasskey, PasskeyError> {
        let state = self.ceremonies.take(answer.ceremony, CeremonyPurpose::Add, Some(user), now).await?;
        let CeremonyState::Registration(state) = state else { return Err(wrong_ceremony()) };
        let credential =
            RegisterPublicKeyCredential::deserialize(answer.credential).map_err(PasskeyError::invalid)?;
        let passkey = self.webauthn.finish_passkey_registration(&credential, &state)?;
        let id = passkey.cred_id().clone();
        let credential = serde_json::to_string(&passkey).map_err(PasskeyError::internal)?;
        Ok(NewPasskey { id, credential })
    }

    /// Creates the challenge for one of the user's `existing` passkeys.
    pub(crate) async fn begin_authentication(
        &self,
        user: UserId,
        existing: &[PasskeyRow],
        purpose: CeremonyPurpose,
        now: DateTime<Utc>,
    ) -> Result<Challenge, PasskeyError> {
        let passkeys: Vec<_> = existing.iter().filter_map(|row| read_credential(row).ok()).collect();
        if passkeys.is_empty() {
            return Err(PasskeyError::NoPasskey);
        }
        let (options, state) =
            self.webauthn.start_passkey_authentication(&passkeys).map_err(PasskeyError::internal)?;
        let options = serde_json::to_value(options).map_err(PasskeyError::internal)?;
        let ceremony = Ceremony { purpose, state: CeremonyState::Authentication(state) };
        self.ceremonies.begin(Some(user), &ceremony, options, now).await
    }

    /// Creates the challenge for any passkey on the device, for a sign-in without an address.
    pub(crate) async fn begin_discoverable(&self, now: DateTime<Utc>) -> Result<Challenge, PasskeyError> {
        let (options, state) =
            self.webauthn.start_discoverable_authentication().map_err(PasskeyError::internal)?;
        let mut options = serde_json::to_value(options).map_err(PasskeyError::internal)?;
        // The page decides whether the browser shows a dialog or offers passkeys in the form.
        if let Some(options) = options.as_object_mut() {
            options.remove("mediation");
        }
        let ceremony =
            Ceremony { purpose: CeremonyPurpose::SignIn, state: CeremonyState::Discoverable(state) };
        self.ceremonies.begin(None, &ceremony, options, now).await
    }

    /// Checks the answer to a challenge and returns the passkey that answered. `user` is the user whose passkeys were
    /// requested, `None` for a discoverable passkey.
    pub(crate) async fn finish_authentication(
        &self,
        user: Option<UserId>,
        purpose: CeremonyPurpose,
        answer: &ChallengeAnswer<'_>,
        now: DateTime<Utc>,
    ) -> Result<PasskeyRow, PasskeyError> {
        let state = self.ceremonies.take(answer.ceremony, purpose, user, now).await?;
        let credential =
            PublicKeyCredential::deserialize(answer.credential).map_err(PasskeyError::invalid)?;
        let id = credential.get_credential_id().to_vec();
        let found = self.database.query(move |c| storage::find_passkey(c, &id)).await?;
        let row = found.ok_or_else(|| PasskeyError::invalid("it belongs to no account"))?;
        let mut passkey = read_credential(&row)?;
        let result = match state {
            CeremonyState::Authentication(state) => {
                self.webauthn.finish_passkey_authentication(&credential, &state)?
            }
            CeremonyState::Discoverable(state) => {
                let (claimed_user, _) = self.webauthn.identify_discoverable_authentication(&credential)?;
                if claimed_user != uuid(row.user_id) {
                    return Err(PasskeyError::invalid("it names another account"));
                }
                let key = DiscoverableKey::from(&passkey);
                self.webauthn.finish_discoverable_authentication_v2(&credential, state, key)?
            }
            CeremonyState::Registration(_) => return Err(wrong_ceremony()),
        };
        if user.is_some_and(|user| user != row.user_id) {
            return Err(PasskeyError::invalid("it belongs to another user"));
        }
        if !result.user_verified() {
            return Err(PasskeyError::invalid("the device did not verify the user"));
        }
        passkey.update_credential(&result);
        self.record_use(&row, &passkey, now).await?;
        Ok(row)
    }

    async fn record_use(
        &self,
        row: &PasskeyRow,
        passkey: &Passkey,
        now: DateTime<Utc>,
    ) -> Result<(), PasskeyError> {
        let id = row.id.clone();
        let credential = serde_json::to_string(passkey).map_err(PasskeyError::internal)?;
        self.database.query(move |c| storage::record_passkey_use(c, &id, &credential, now)).await?;
        Ok(())
    }
}

fn wrong_ceremony() -> PasskeyError {
    PasskeyError::invalid("it answers another kind of challenge")
}

fn uuid(user: UserId) -> Uuid {
    Uuid::from_bytes(user.as_bytes())
}

fn read_credential(row: &PasskeyRow) -> Result<Passkey, PasskeyError> {
    serde_json::from_str(&row.credential).map_err(PasskeyError::internal)
}
