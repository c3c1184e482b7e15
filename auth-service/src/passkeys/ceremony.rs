use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{
    id::{CeremonyId, UserId},
    random::Random,
};
use drawbridge_database::Database;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyAuthentication, PasskeyRegistration};

use super::PasskeyError;
use crate::storage::{self, CeremonyRow};

/// How long a challenge can be answered.
const CHALLENGE_LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// What the answer to a challenge may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CeremonyPurpose {
    /// To sign in, with the passkey alone or after the password.
    SignIn,
    /// To confirm a session.
    Confirm,
    /// To add a passkey.
    Add,
}

/// A ceremony that has begun, as it is stored.
#[derive(Serialize, Deserialize)]
pub(super) struct Ceremony {
    pub(super) purpose: CeremonyPurpose,
    pub(super) state: CeremonyState,
}

/// What an answer is checked against.
#[derive(Serialize, Deserialize)]
pub(super) enum CeremonyState {
    #[serde(rename = "Add")]
    Registration(PasskeyRegistration),
    #[serde(rename = "OneOf")]
    Authentication(PasskeyAuthentication),
    #[serde(rename = "Any")]
    Discoverable(DiscoverableAuthentication),
}

/// A challenge, as the browser receives it.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Challenge {
    /// The ID of the challenge.
    ceremony: CeremonyId,
    /// The options for `navigator.credentials`, with binary values in base64url.
    #[schema(value_type = Object)]
    options: Value,
}

/// The ceremonies that have begun.
pub(super) struct Ceremonies(pub(super) Database);

impl Ceremonies {
    /// Stores a ceremony and returns its challenge.
    pub(super) async fn begin(
        &self,
        user_id: Option<UserId>,
        ceremony: &Ceremony,
        options: Value,
        now: DateTime<Utc>,
    ) -> Result<Challenge, PasskeyError> {
        let id = CeremonyId::generate(Random, now);
        let state = serde_json::to_string(ceremony).map_err(PasskeyError::internal)?;
        let row = CeremonyRow { id, user_id, state, expires_at: (now + CHALLENGE_LIFETIME).naive_utc() };
        self.0.query(move |c| storage::insert_ceremony(c, &row)).await?;
        Ok(Challenge { ceremony: id, options })
    }

    /// Removes the ceremony with this ID, and returns its state if it began for this user and this purpose.
    pub(super) async fn take(
        &self,
        id: &str,
        purpose: CeremonyPurpose,
        user: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Result<CeremonyState, PasskeyError> {
        let unknown = || PasskeyError::invalid("the challenge is unknown, expired or already answered");
        let id = CeremonyId::from_str(id).map_err(|_| unknown())?;
        let row = self.0.query(move |c| storage::take_ceremony(c, id, now)).await?;
        let row = row.filter(|row| row.user_id == user).ok_or_else(unknown)?;
        let ceremony: Ceremony = serde_json::from_str(&row.state).map_err(PasskeyError::invalid)?;
        if ceremony.purpose == purpose { Ok(ceremony.state) } else { Err(unknown()) }
    }
}
