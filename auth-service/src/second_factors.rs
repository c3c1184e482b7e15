//! Codes that are asked for beside the password, and a sign-in that waits for one (ASVS 5.0, V6.5).

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use drawbridge_core::{
    id::UserId,
    random::Random,
    secret::{MasterSecret, Purpose, Sealer},
};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    caller::Caller,
    config::SecondFactorPolicy,
    domain::{EventKind, RECOVERY_CODES, RecoveryCode, TotpSecret},
    error::Error,
    mail::{FactorChange, Notice},
    storage::{self, EventFilter, NewEvent, SecondFactors, TotpRow},
};

const PENDING: &str = "pending login";

/// The holder is told at the fifth wrong code of a day (ASVS 5.0, V6.3.5).
const WRONG_CODES: i64 = 5;

/// How long the second step may come after the first.
const PENDING_FOR: TimeDelta = TimeDelta::minutes(10);

/// The keys of second factors, and the deployment's policy.
pub(crate) struct Factors {
    pub(crate) policy: SecondFactorPolicy,
    totp: Sealer,
    recovery: hmac::Key,
    pending: Sealer,
}

/// A sign-in whose password was right, and which waits for a second factor. Only this service can make one, and
/// only with the factor it opens anything.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) user: UserId,
    pub(crate) email: String,
    /// When the password that was checked had been chosen.
    pub(crate) password_changed_at: Option<NaiveDateTime>,
    /// Whether the person has none yet and must set one up.
    pub(crate) enrol: bool,
    expires_at: DateTime<Utc>,
}

impl Pending {
    pub(crate) fn new(
        (user, email): (UserId, &str),
        password_changed_at: Option<NaiveDateTime>,
        enrol: bool,
        now: DateTime<Utc>,
    ) -> Self {
        Self { user, email: email.to_owned(), password_changed_at, enrol, expires_at: now + PENDING_FOR }
    }
}

impl Factors {
    pub(crate) fn new(policy: SecondFactorPolicy, master: &MasterSecret) -> Self {
        Self {
            policy,
            totp: Sealer::new(master, Purpose::TotpSecrets),
            recovery: master.hmac_key(Purpose::RecoveryCodes),
            pending: Sealer::new(master, Purpose::PendingLogin),
        }
    }

    /// Refuses where the deployment has none.
    pub(crate) fn possible(&self) -> Result<(), Error> {
        if self.policy == SecondFactorPolicy::Off { Err(Error::FactorNotPossible) } else { Ok(()) }
    }

    /// Whether one must be left.
    pub(crate) fn one_must_stay(&self) -> bool {
        self.policy == SecondFactorPolicy::Required
    }

    pub(crate) fn seal_totp(&self, user: UserId, secret: &TotpSecret) -> Vec<u8> {
        self.totp.seal(Random, &user.to_string(), secret.as_bytes())
    }

    pub(crate) fn open_totp(&self, row: &TotpRow) -> Result<TotpSecret, Error> {
        let plain = self.totp.open(&row.user_id.to_string(), &row.sealed);
        let secret = plain.ok().and_then(|plain| TotpSecret::from_bytes(&plain));
        secret.ok_or_else(|| Error::Fault("a TOTP secret was sealed under another MASTER_SECRET".into()))
    }

    /// A new set of recovery codes, and what is kept of them.
    pub(crate) fn new_recovery_codes(&self) -> (Vec<String>, Vec<Vec<u8>>) {
        let codes = (0..RECOVERY_CODES).map(|_| RecoveryCode::generate(Random));
        codes.map(|code| (code.to_string(), code.hash(&self.recovery))).unzip()
    }

    #[expect(clippy::expect_used, reason = "an id, an address and times can be written as JSON")]
    pub(crate) fn seal_pending(&self, pending: &Pending) -> String {
        let plain = serde_json::to_vec(pending).expect("plain data");
        URL_SAFE_NO_PAD.encode(self.pending.seal(Random, PENDING, &plain))
    }

    /// The sign-in that waits, unless it waits too long.
    pub(crate) fn open_pending(&self, text: &str, now: DateTime<Utc>) -> Result<Pending, Error> {
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::LoginExpired)?;
        let plain = self.pending.open(PENDING, &sealed).map_err(|_| Error::LoginExpired)?;
        let pending: Pending = serde_json::from_slice(&plain).map_err(|_| Error::LoginExpired)?;
        if pending.expires_at > now { Ok(pending) } else { Err(Error::LoginExpired) }
    }
}

/// What a sign-in of this user asks for, by the policy; `None` if the password is enough.
pub(crate) fn asked_for(policy: SecondFactorPolicy, has: SecondFactors) -> Option<Vec<&'static str>> {
    match policy {
        SecondFactorPolicy::Off => None,
        SecondFactorPolicy::Optional if !has.any() => None,
        SecondFactorPolicy::Optional | SecondFactorPolicy::Required => {
            let mut factors = Vec::new();
            if has.totp {
                factors.push("totp");
            }
            if has.passkeys > 0 {
                factors.push("passkey");
            }
            if has.any() && has.recovery_codes > 0 {
                factors.push("recovery_code");
            }
            Some(factors)
        }
    }
}

/// Takes a code of the authenticator app or a recovery code, each once; how it was shown, for the audit log.
pub(crate) async fn take_code(
    app: &App,
    (user, email): (UserId, &str),
    code: &str,
    caller: &Caller,
) -> Result<&'static str, Error> {
    let now = app.clock.now();
    let typed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if typed.len() == 6 && typed.bytes().all(|byte| byte.is_ascii_digit()) {
        let row = app.database.query(move |c| storage::find_totp(c, user)).await?;
        if let Some(row) = row.filter(|row| row.confirmed_at.is_some())
            && let Some(step) = app.factors.open_totp(&row)?.check(&typed, now)
            && app.database.query(move |c| storage::take_totp_step(c, user, step)).await?
        {
            return Ok("totp");
        }
    } else if let Some(code) = RecoveryCode::parse(&typed) {
        let hash = code.hash(&app.factors.recovery);
        let event = NewEvent::new(EventKind::RecoveryCodeUsed, caller, now).to(user);
        let event = app.telling(event, caller, (user, email), Notice::Factor(FactorChange::RecoveryCodeUsed));
        if app.database.query(move |c| storage::use_recovery_code(c, user, &hash, &event)).await? {
            app.wake_mail();
            return Ok("recovery_code");
        }
    }
    let event = NewEvent::new(EventKind::SecondFactorFailed, caller, now).to(user);
    let telling = app.telling(event.clone(), caller, (user, email), Notice::WrongCodes);
    let since = Some((now - TimeDelta::days(1)).naive_utc());
    let kind = Some(EventKind::SecondFactorFailed);
    let filter = EventFilter { user: Some(user), kind, since, before: None };
    let note = move |c: &mut _| {
        let before = storage::find_events(c, &filter, WRONG_CODES)?.len();
        let is_last = i64::try_from(before + 1).is_ok_and(|count| count == WRONG_CODES);
        storage::insert_event(c, if is_last { &telling } else { &event })
    };
    app.database.query(note).await?;
    app.wake_mail();
    Err(Error::InvalidCode)
}
