//! Pending logins: sign-ins that are waiting for a second factor
//! ([decision 0020](../../docs/decisions/0020-second-step-is-not-a-session.md)).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use drawbridge_core::{
    id::UserId,
    random::Random,
    secret::{KeyPurpose, MasterSecret, Sealer},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::domain::Holder;

const SEAL_LABEL: &str = "pending login";

/// How long after the first step the second may follow.
const PENDING_LOGIN_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// A sign-in whose password was correct and that is waiting for a second factor.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingLogin {
    user: UserId,
    email: String,
    /// When the password that was checked was set.
    pub(crate) password_changed_at: Option<NaiveDateTime>,
    /// Whether the user has no factor and must set one up.
    pub(crate) enrol: bool,
    expires_at: DateTime<Utc>,
}

/// A pending login is malformed or has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pending login is malformed or has expired")]
pub struct PendingLoginExpired;

/// Seals pending logins, so that only this deployment can create them.
pub(crate) struct PendingLogins(Sealer);

impl PendingLogin {
    pub(crate) fn new(
        holder: Holder,
        password_changed_at: Option<NaiveDateTime>,
        enrol: bool,
        now: DateTime<Utc>,
    ) -> Self {
        let Holder { user, email } = holder;
        Self { user, email, password_changed_at, enrol, expires_at: now + PENDING_LOGIN_LIFETIME }
    }

    pub(crate) fn holder(&self) -> Holder {
        Holder { user: self.user, email: self.email.clone() }
    }
}

impl PendingLogins {
    pub(crate) fn new(master: &MasterSecret) -> Self {
        Self(Sealer::new(master, KeyPurpose::PendingLogin))
    }

    #[expect(clippy::expect_used, reason = "an ID, an address and times always serialize to JSON")]
    pub(crate) fn seal(&self, pending: &PendingLogin) -> SecretString {
        let plain = serde_json::to_vec(pending).expect("a pending login is plain data");
        URL_SAFE_NO_PAD.encode(self.0.seal(Random, SEAL_LABEL, &plain)).into()
    }

    /// Opens a pending login.
    ///
    /// # Errors
    /// It was not sealed by this deployment, or it has expired.
    pub(crate) fn open(
        &self,
        text: &SecretString,
        now: DateTime<Utc>,
    ) -> Result<PendingLogin, PendingLoginExpired> {
        let sealed = URL_SAFE_NO_PAD.decode(text.expose_secret()).map_err(|_| PendingLoginExpired)?;
        let plain = self.0.open(SEAL_LABEL, &sealed).map_err(|_| PendingLoginExpired)?;
        let pending: PendingLogin = serde_json::from_slice(&plain).map_err(|_| PendingLoginExpired)?;
        if pending.expires_at > now { Ok(pending) } else { Err(PendingLoginExpired) }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn pending_logins(secret: &str) -> PendingLogins {
        PendingLogins::new(&MasterSecret::parse(secret.into()).unwrap())
    }

    #[test]
    fn a_pending_login_expires_after_ten_minutes() {
        let pending_logins = pending_logins("0123456789abcdef0123456789abcdef");
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let holder = Holder { user: UserId::generate(Random, now), email: "ada@example.com".into() };
        let sealed = pending_logins.seal(&PendingLogin::new(holder.clone(), None, true, now));

        let in_time = pending_logins.open(&sealed, now + TimeDelta::seconds(599));
        let late = pending_logins.open(&sealed, now + TimeDelta::seconds(600));

        assert_eq!(in_time.unwrap().holder(), holder);
        assert_eq!(late.err(), Some(PendingLoginExpired));
    }

    #[test]
    fn only_this_deployment_can_create_a_pending_login() {
        let ours = pending_logins("0123456789abcdef0123456789abcdef");
        let theirs = pending_logins("fedcba9876543210fedcba9876543210");
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let holder = Holder { user: UserId::generate(Random, now), email: "ada@example.com".into() };

        let forged = theirs.seal(&PendingLogin::new(holder, None, true, now));

        for text in ["", "AAAA", "not base64", forged.expose_secret()] {
            assert_eq!(ours.open(&text.into(), now).err(), Some(PendingLoginExpired), "{text}");
        }
    }
}
