//! Passkeys (WebAuthn, level 3): challenges that go out, and answers that come back, each once.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{
    id::{CeremonyId, UserId},
    origin::Origin,
    random::Random,
};
use drawbridge_database::Database;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

use crate::{
    error::Error,
    storage::{self, CeremonyRow, PasskeyRow},
};

/// How long a person may take for an answer.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

/// How many passkeys an account may have.
pub(crate) const MOST: i64 = 20;

/// What an answer is for. One that was asked for one thing is good for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// Signing in, alone or after the password.
    SignIn,
    /// Showing again who one is.
    Confirm,
    /// A new passkey.
    Add,
}

#[derive(Serialize, Deserialize)]
struct Ceremony {
    purpose: Purpose,
    state: State,
}

#[derive(Serialize, Deserialize)]
enum State {
    Add(PasskeyRegistration),
    OneOf(PasskeyAuthentication),
    Any(DiscoverableAuthentication),
}

/// A challenge as it goes out.
#[derive(Serialize)]
pub(crate) struct Challenge {
    ceremony: CeremonyId,
    options: Value,
}

/// An answer that came back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerBody {
    pub(crate) ceremony: String,
    pub(crate) credential: Value,
    #[serde(default)]
    pub(crate) pending: Option<String>,
}

/// A passkey that has answered.
pub(crate) struct Answered {
    pub(crate) row: PasskeyRow,
}

/// The relying party.
pub(crate) struct Passkeys {
    webauthn: Webauthn,
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
            .map_err(|error| format!("passkeys cannot be made for {relying_party}: {error:?}"))?;
        Ok(Self { webauthn, database })
    }

    /// The challenge for a new passkey of a user who has `known` ones.
    pub(crate) async fn begin_adding(
        &self,
        user: UserId,
        email: &str,
        known: &[PasskeyRow],
        now: DateTime<Utc>,
    ) -> Result<Challenge, Error> {
        let exclude = known.iter().map(|row| row.id.clone()).collect();
        let begun = self.webauthn.start_passkey_registration(uuid(user), email, email, Some(exclude));
        let (options, state) = begun.map_err(fault)?;
        let mut options = serde_json::to_value(options).map_err(fault)?;
        // The device keeps it, where it can, so that it signs in without an address.
        if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
            selection["residentKey"] = json!("preferred");
        }
        self.keep(Some(user), Purpose::Add, State::Add(state), options, now).await
    }

    /// The passkey that was made.
    pub(crate) async fn finish_adding(
        &self,
        user: UserId,
        ceremony: &str,
        credential: &Value,
        now: DateTime<Utc>,
    ) -> Result<(Vec<u8>, String), Error> {
        let taken = self.take(ceremony, Purpose::Add, Some(user), now).await?;
        let State::Add(state) = taken else { return Err(Error::InvalidPasskey("another ceremony".into())) };
        let answer = RegisterPublicKeyCredential::deserialize(credential).map_err(refused)?;
        let passkey = self.webauthn.finish_passkey_registration(&answer, &state).map_err(debugged)?;
        let id = passkey.cred_id().clone();
        Ok((id, serde_json::to_string(&passkey).map_err(fault)?))
    }

    /// The challenge for one of a user's passkeys.
    pub(crate) async fn begin_with(
        &self,
        user: UserId,
        known: &[PasskeyRow],
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Result<Challenge, Error> {
        let passkeys: Vec<_> = known.iter().filter_map(|row| read(row).ok()).collect();
        if passkeys.is_empty() {
            return Err(Error::PasskeyNotFound);
        }
        let begun = self.webauthn.start_passkey_authentication(&passkeys);
        let (options, state) = begun.map_err(fault)?;
        let options = serde_json::to_value(options).map_err(fault)?;
        self.keep(Some(user), purpose, State::OneOf(state), options, now).await
    }

    /// The challenge for whichever passkey the device has: the person has not said who they are.
    pub(crate) async fn begin_with_any(&self, now: DateTime<Utc>) -> Result<Challenge, Error> {
        let begun = self.webauthn.start_discoverable_authentication();
        let (options, state) = begun.map_err(fault)?;
        let mut options = serde_json::to_value(options).map_err(fault)?;
        // The page decides whether the browser offers it in the form or at once.
        if let Some(options) = options.as_object_mut() {
            options.remove("mediation");
        }
        self.keep(None, Purpose::SignIn, State::Any(state), options, now).await
    }

    /// The passkey that answered; of `user` alone, if it was asked for theirs.
    pub(crate) async fn finish(
        &self,
        user: Option<UserId>,
        purpose: Purpose,
        ceremony: &str,
        credential: &Value,
        now: DateTime<Utc>,
    ) -> Result<Answered, Error> {
        let taken = self.take(ceremony, purpose, user, now).await?;
        let answer = PublicKeyCredential::deserialize(credential).map_err(refused)?;
        let id = answer.get_credential_id().to_vec();
        let found = self.database.query(move |c| storage::find_passkey(c, &id)).await?;
        let row = found.ok_or_else(|| Error::InvalidPasskey("no account has it".into()))?;
        let mut passkey = read(&row)?;
        let result = match taken {
            State::OneOf(state) => self.webauthn.finish_passkey_authentication(&answer, &state),
            State::Any(state) => {
                let (claimed, _) =
                    self.webauthn.identify_discoverable_authentication(&answer).map_err(debugged)?;
                if claimed != uuid(row.user_id) {
                    return Err(Error::InvalidPasskey("it names another account".into()));
                }
                self.webauthn.finish_discoverable_authentication_v2(
                    &answer,
                    state,
                    DiscoverableKey::from(&passkey),
                )
            }
            State::Add(_) => return Err(Error::InvalidPasskey("another ceremony".into())),
        };
        let result = result.map_err(debugged)?;
        if user.is_some_and(|user| user != row.user_id) || !result.user_verified() {
            return Err(Error::InvalidPasskey("not of this user, or the user was not verified".into()));
        }
        passkey.update_credential(&result);
        let (id, credential) = (row.id.clone(), serde_json::to_string(&passkey).map_err(fault)?);
        self.database.query(move |c| storage::note_passkey_use(c, &id, &credential, now)).await?;
        Ok(Answered { row })
    }

    async fn keep(
        &self,
        user_id: Option<UserId>,
        purpose: Purpose,
        state: State,
        options: Value,
        now: DateTime<Utc>,
    ) -> Result<Challenge, Error> {
        let id = CeremonyId::generate(Random, now);
        let state = serde_json::to_string(&Ceremony { purpose, state }).map_err(fault)?;
        let row = CeremonyRow { id, user_id, state, expires_at: (now + PATIENCE).naive_utc() };
        self.database.query(move |c| storage::insert_ceremony(c, &row)).await?;
        Ok(Challenge { ceremony: id, options })
    }

    async fn take(
        &self,
        ceremony: &str,
        purpose: Purpose,
        user: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Result<State, Error> {
        let unknown = || Error::InvalidPasskey("no such challenge, or it was answered".into());
        let id = CeremonyId::from_str(ceremony).map_err(|_| unknown())?;
        let row = self.database.query(move |c| storage::take_ceremony(c, id, now)).await?;
        let row = row.filter(|row| row.user_id == user).ok_or_else(unknown)?;
        let kept: Ceremony = serde_json::from_str(&row.state).map_err(refused)?;
        if kept.purpose == purpose { Ok(kept.state) } else { Err(unknown()) }
    }
}

fn uuid(user: UserId) -> Uuid {
    Uuid::from_bytes(user.as_bytes())
}

fn read(row: &PasskeyRow) -> Result<Passkey, Error> {
    serde_json::from_str(&row.credential).map_err(fault)
}

/// What cannot go wrong by what a client sends.
fn fault(error: impl std::fmt::Display) -> Error {
    Error::Fault(format!("passkeys: {error}"))
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::InvalidPasskey(error.to_string())
}

fn debugged(error: WebauthnError) -> Error {
    Error::InvalidPasskey(format!("{error:?}"))
}
