//! Limits on attempts. They make guessing impractical, yet an attacker cannot use them to lock a user out (ASVS 5.0,
//! V6.3.1).
//!
//! Every attempt is charged before the password is checked, and refunded unless the password was wrong. A device that
//! has signed in to an account before sends its device cookie and is limited separately from all other devices. An
//! address is limited in the same way whether or not it has an account. (`docs/guessing.md`)

mod bucket;
mod config;
mod memory;
mod rate;
mod source;
mod store;

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::{
    id::{SessionId, UserId},
    secret::{KeyPurpose, MasterSecret},
};
use drawbridge_verification::redis_connection::RedisServer;

pub use config::LimitConfig;
pub use rate::Rate;
pub use source::AttemptSource;

use crate::domain::Email;
use bucket::Bucket;
use source::SourceRates;
use store::{ChargedStore, LimitStore};

/// Passkey sign-ins that may be started or finished: each start stores a row for five minutes.
const PASSKEY_RATES: SourceRates = SourceRates {
    network: Rate::new(200, Duration::from_millis(500)),
    frontend: Rate::new(2_000, Duration::from_millis(50)),
};

/// Strength estimates: each takes a core for some milliseconds.
const STRENGTH_ESTIMATE_RATES: SourceRates = SourceRates {
    network: Rate::new(100, Duration::from_millis(100)),
    frontend: Rate::new(1_000, Duration::from_millis(10)),
};

/// The kind of e-mail that someone requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestedMail {
    /// A link that completes a sign-up.
    Register,
    /// A link that resets a password.
    Forgot,
    /// A link that confirms the address of an account.
    Verify,
    /// A link that changes the address of an account.
    Change,
}

/// A limit is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; the next one is possible in {} s", .retry_after.as_secs_f64())]
pub struct TooManyAttempts {
    /// The time until the next attempt is possible.
    pub retry_after: Duration,
}

/// Charges attempts to the limits.
pub struct Limits {
    config: LimitConfig,
    store: LimitStore,
    key: hmac::Key,
}

/// A charged attempt.
pub struct Charge<'a> {
    limits: &'a Limits,
    buckets: Vec<Bucket>,
    charged: ChargedStore,
}

impl Limits {
    /// Limits that count in Redis, or in this process if there is no Redis.
    pub fn new(config: LimitConfig, server: Option<RedisServer>, master: &MasterSecret) -> Self {
        Self { config, store: LimitStore::new(server), key: master.hmac_key(KeyPurpose::Limits) }
    }

    /// Charges an attempt to sign in with a password. `device` identifies the device if it has signed in to this
    /// account before.
    ///
    /// # Errors
    /// If a limit is used up.
    pub async fn charge_sign_in(
        &self,
        email: &Email,
        source: &AttemptSource,
        device: Option<&str>,
    ) -> Result<Charge<'_>, TooManyAttempts> {
        let account = email.key();
        let buckets = match device {
            Some(device) => vec![self.bucket("device", &format!("{account} {device}"), self.config.device)],
            None => vec![
                self.bucket("account", &account, self.config.account),
                self.source_bucket("network", source, self.config.sign_in_rates()),
                self.bucket("all", "", self.config.all),
            ],
        };
        self.charge(buckets).await
    }

    /// Charges a sign-up.
    ///
    /// # Errors
    /// If a limit is used up.
    pub async fn charge_registration(&self, source: &AttemptSource) -> Result<Charge<'_>, TooManyAttempts> {
        self.charge(vec![self.source_bucket("register", source, self.config.registration_rates())]).await
    }

    /// Charges an attempt with a code after a correct password. `device` identifies the session, or the device if it
    /// has signed in to this account before.
    ///
    /// # Errors
    /// If a limit is used up.
    pub async fn charge_code(
        &self,
        user: UserId,
        device: Option<&str>,
    ) -> Result<Charge<'_>, TooManyAttempts> {
        let device = device.unwrap_or("unknown");
        self.charge(vec![self.bucket("code", &format!("{user} {device}"), self.config.code)]).await
    }

    /// Charges an attempt with a password within a session.
    ///
    /// # Errors
    /// If a limit is used up.
    pub async fn charge_session(&self, session: SessionId) -> Result<Charge<'_>, TooManyAttempts> {
        self.charge(vec![self.bucket("session", &session.to_string(), self.config.device)]).await
    }

    /// Charges an attempt with a password for the mailed link with this hash.
    ///
    /// # Errors
    /// If a limit is used up.
    pub async fn charge_link(&self, hash: &[u8]) -> Result<Charge<'_>, TooManyAttempts> {
        self.charge(vec![self.bucket("link", &URL_SAFE_NO_PAD.encode(hash), self.config.device)]).await
    }

    /// Charges an e-mail to an address, whether or not the address has an account. Each kind is limited separately, so
    /// that requests of one kind cannot block the others.
    ///
    /// # Errors
    /// If a limit is used up.
    pub async fn charge_mail(
        &self,
        kind: RequestedMail,
        email: &Email,
        source: &AttemptSource,
    ) -> Result<Charge<'_>, TooManyAttempts> {
        let buckets = vec![
            self.bucket("mail", &format!("{kind:?} {}", email.key()), self.config.mail),
            self.source_bucket("register", source, self.config.registration_rates()),
        ];
        self.charge(buckets).await
    }

    /// Charges the start or the end of a passkey sign-in.
    ///
    /// # Errors
    /// If a limit is used up.
    pub async fn charge_passkey(&self, source: &AttemptSource) -> Result<Charge<'_>, TooManyAttempts> {
        self.charge(vec![self.source_bucket("challenge", source, PASSKEY_RATES)]).await
    }

    /// Charges an estimate of a password's strength.
    ///
    /// # Errors
    /// If a limit is used up.
    pub async fn charge_strength_estimate(
        &self,
        source: &AttemptSource,
    ) -> Result<Charge<'_>, TooManyAttempts> {
        self.charge(vec![self.source_bucket("judge", source, STRENGTH_ESTIMATE_RATES)]).await
    }

    async fn charge(&self, buckets: Vec<Bucket>) -> Result<Charge<'_>, TooManyAttempts> {
        match self.store.charge(&buckets).await {
            Ok(charged) => Ok(Charge { limits: self, buckets, charged }),
            Err(micros) => Err(TooManyAttempts { retry_after: Duration::from_micros(micros) }),
        }
    }

    fn source_bucket(&self, kind: &str, source: &AttemptSource, rates: SourceRates) -> Bucket {
        self.bucket(kind, &source.subject(), source.rate(rates))
    }

    fn bucket(&self, kind: &str, subject: &str, rate: Rate) -> Bucket {
        let tag = hmac::sign(&self.key, format!("{kind}\n{subject}").as_bytes());
        let (short, _) = tag.as_ref().split_at(16);
        // The key does not begin with the prefix for which verifiers receive invalidations, but is in the same cluster
        // slot.
        Bucket { key: format!("{{drawbridge}}-limit:{kind}:{}", URL_SAFE_NO_PAD.encode(short)), rate }
    }
}

impl Charge<'_> {
    /// Refunds the attempt, because it was not a wrong guess.
    pub async fn refund(self) {
        self.limits.store.refund(&self.charged, &self.buckets).await;
    }
}
