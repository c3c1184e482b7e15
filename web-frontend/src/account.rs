//! The account as auth-service describes it.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::Deserialize;

/// How long before its expiry a confirmation of identity stops counting, so that it does not expire while the
/// user fills in a form.
const CONFIRMATION_MARGIN: TimeDelta = TimeDelta::minutes(2);

/// The response of `GET /api/account`.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the response of auth-service has this shape")]
pub(crate) struct AccountDetails {
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) password_changed_at: Option<DateTime<Utc>>,
    pub(crate) totp: bool,
    pub(crate) recovery_codes_left: u32,
    pub(crate) passkeys: Vec<PasskeyDetails>,
    pub(crate) passkeys_possible: bool,
    pub(crate) second_factor: SecondFactorRule,
    /// Whether the site sends e-mail.
    pub(crate) mail: bool,
    confirmed_until: Option<DateTime<Utc>>,
    pub(crate) session_count: u32,
    pub(crate) sessions_per_user: u32,
    pub(crate) idle_seconds: u64,
    pub(crate) absolute_seconds: u64,
}

/// Whether users may or must sign in with a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecondFactorRule {
    Off,
    Optional,
    Required,
}

/// A passkey of the account.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PasskeyDetails {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

/// A session of the account.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SessionDetails {
    pub(crate) id: String,
    /// Whether the response belongs to this session.
    pub(crate) current: bool,
    pub(crate) browser: Option<String>,
    pub(crate) os: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_seen_at: Option<DateTime<Utc>>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// The response of `GET /api/sessions`.
#[derive(Debug, Deserialize)]
pub(crate) struct SessionList {
    pub(crate) sessions: Vec<SessionDetails>,
}

/// An entry in the activity log of the account.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ActivityEvent {
    pub(crate) at: DateTime<Utc>,
    pub(crate) kind: String,
    pub(crate) address: Option<String>,
    pub(crate) browser: Option<String>,
    pub(crate) os: Option<String>,
}

/// The response of `GET /api/activity`.
#[derive(Debug, Deserialize)]
pub(crate) struct ActivityLog {
    pub(crate) events: Vec<ActivityEvent>,
    /// The event before which the next page begins.
    #[serde(default, deserialize_with = "id_as_text")]
    pub(crate) next: Option<String>,
}

/// The response of `POST /api/recovery-codes`, and of setting up the first second factor.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct NewRecoveryCodes {
    #[serde(default)]
    pub(crate) recovery_codes: Vec<SecretString>,
}

impl AccountDetails {
    /// Returns true if the user has confirmed their identity recently enough for a sensitive change.
    pub(crate) fn is_confirmed(&self, now: DateTime<Utc>) -> bool {
        self.confirmed_until.is_some_and(|until| until - CONFIRMATION_MARGIN > now)
    }

    /// Returns true if signing in takes more than the password.
    pub(crate) fn has_second_factor(&self) -> bool {
        self.totp || !self.passkeys.is_empty()
    }
}

/// Reads an ID that is a JSON number or string.
fn id_as_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let id = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(id.and_then(|id| match id {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }))
}
