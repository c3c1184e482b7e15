//! The account as auth-service tells of it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

/// How long before its end a confirmation is asked for anew: a form takes a while.
const MARGIN: TimeDelta = TimeDelta::minutes(2);

/// `GET /api/account`.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "auth-service's answer has this shape")]
pub(crate) struct Account {
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) password_changed_at: Option<DateTime<Utc>>,
    pub(crate) totp: bool,
    pub(crate) recovery_codes_left: u32,
    pub(crate) passkeys: Vec<PasskeyRow>,
    pub(crate) passkeys_possible: bool,
    pub(crate) second_factor: SecondFactor,
    /// Whether the site sends mail.
    pub(crate) mail: bool,
    confirmed_until: Option<DateTime<Utc>>,
    pub(crate) session_count: u32,
    pub(crate) sessions_per_user: u32,
    pub(crate) idle_seconds: u64,
    pub(crate) absolute_seconds: u64,
}

/// Whether people may or must sign in with a second step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecondFactor {
    Off,
    Optional,
    Required,
}

/// A passkey of the account.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PasskeyRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

/// A session of the account.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) current: bool,
    pub(crate) browser: Option<String>,
    pub(crate) os: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_seen_at: Option<DateTime<Utc>>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// `GET /api/sessions`.
#[derive(Debug, Deserialize)]
pub(crate) struct SessionRows {
    pub(crate) sessions: Vec<SessionRow>,
}

/// Something that happened with the account.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Event {
    pub(crate) at: DateTime<Utc>,
    pub(crate) kind: String,
    pub(crate) address: Option<String>,
    pub(crate) browser: Option<String>,
    pub(crate) os: Option<String>,
}

/// `GET /api/activity`.
#[derive(Debug, Deserialize)]
pub(crate) struct Events {
    pub(crate) events: Vec<Event>,
    /// What the next page begins before.
    #[serde(default, deserialize_with = "id_as_text")]
    pub(crate) next: Option<String>,
}

/// `POST /api/recovery-codes`, and what sets up the first second step.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FreshCodes {
    #[serde(default)]
    pub(crate) recovery_codes: Vec<String>,
}

impl Account {
    /// Whether a sensitive change is let through without another question.
    pub(crate) fn is_confirmed(&self, now: DateTime<Utc>) -> bool {
        self.confirmed_until.is_some_and(|until| until - MARGIN > now)
    }

    /// Whether a code is asked for beside the password.
    pub(crate) fn has_second_factor(&self) -> bool {
        self.totp || !self.passkeys.is_empty()
    }
}

/// An identifier, which may be a number or a text.
fn id_as_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let id = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(id.and_then(|id| match id {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }))
}
