//! How often passwords may be tried, so that guessing is hopeless and nobody can lock somebody else out
//! (ASVS 5.0, V6.3.1).
//!
//! Every attempt is charged before the password is looked at, and given back if it was right. Whoever has signed in on
//! a device before brings its cookie and is counted apart from everybody else who tries the same account. What is
//! counted of an address is the same whether or not it has an account.

mod memory;
mod rate;
mod store;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::{
    id::{SessionId, UserId},
    secret::{MasterSecret, Purpose},
    settings::Reader,
};
use drawbridge_verification::redis_connection::RedisServer;

use crate::domain::Email;
pub use rate::Rate;
use store::{Charged, Store};

/// The rates that are configured.
#[derive(Debug, Clone, Copy)]
pub struct LimitConfig {
    /// `LOGIN_LIMIT_ACCOUNT`: attempts at one account from devices that it does not know.
    pub account: Rate,
    /// `LOGIN_LIMIT_DEVICE`: attempts at one account from one device that it knows.
    pub device: Rate,
    /// `LOGIN_LIMIT_NETWORK`: attempts from one network, /24 or /64.
    pub network: Rate,
    /// `LOGIN_LIMIT_ALL`: attempts of everybody from devices that the account does not know.
    pub all: Rate,
    /// `REGISTER_LIMIT_NETWORK`: accounts made from one network.
    pub register: Rate,
    /// `CODE_LIMIT`: wrong codes of one account, from devices that it does not know and from each that it does.
    pub code: Rate,
    /// `MAIL_LIMIT_ADDRESS`: mails that anybody may have sent to one address.
    pub mail: Rate,
}

impl LimitConfig {
    /// Reads the rates.
    pub fn read(reader: &mut Reader) -> Self {
        let mut rate =
            |name: &'static str, default: Rate| reader.optional(name, Rate::parse).unwrap_or(default);
        Self {
            account: rate("LOGIN_LIMIT_ACCOUNT", Rate::new(10, Duration::from_mins(5))),
            device: rate("LOGIN_LIMIT_DEVICE", Rate::new(10, Duration::from_mins(1))),
            network: rate("LOGIN_LIMIT_NETWORK", Rate::new(100, Duration::from_secs(10))),
            all: rate("LOGIN_LIMIT_ALL", Rate::new(2_000, Duration::from_millis(50))),
            register: rate("REGISTER_LIMIT_NETWORK", Rate::new(30, Duration::from_mins(1))),
            code: rate("CODE_LIMIT", Rate::new(10, Duration::from_mins(1))),
            mail: rate("MAIL_LIMIT_ADDRESS", Rate::new(5, Duration::from_mins(10))),
        }
    }
}

/// How often one network may begin with a passkey: each leaves a row for five minutes.
const CHALLENGES: Rate = Rate::new(200, Duration::from_millis(500));

/// How often one network may have passwords judged: each takes some milliseconds of a core.
const JUDGEMENTS: Rate = Rate::new(100, Duration::from_millis(100));

/// Why somebody wants a mail to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mailing {
    /// To sign up.
    Register,
    /// To replace a forgotten password.
    Forgot,
    /// To confirm the address of an account.
    Verify,
    /// To change it.
    Change,
}

/// A rate, and whose it is.
#[derive(Debug, Clone)]
struct Bucket {
    key: String,
    rate: Rate,
}

/// Too many attempts: come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; the next is free in {} s", .0.as_secs_f64())]
pub struct TooMany(pub Duration);

/// The counters.
pub struct Limits {
    config: LimitConfig,
    store: Store,
    /// Keeps addresses out of Redis.
    key: hmac::Key,
}

/// An attempt that may be made.
pub struct Admitted<'a> {
    limits: &'a Limits,
    buckets: Vec<Bucket>,
    charged: Charged,
}

impl Limits {
    /// Counters in Redis, or in this process where there is none.
    pub fn new(config: LimitConfig, server: Option<RedisServer>, master: &MasterSecret) -> Self {
        Self { config, store: Store::new(server), key: master.hmac_key(Purpose::Limits) }
    }

    /// Asks for leave to try a password; `device` is what is known of the device by its cookie, if it has signed in
    /// to this account before.
    ///
    /// # Errors
    /// When there were too many, with the time after which it is worth asking again.
    pub async fn sign_in(
        &self,
        email: &Email,
        client: IpAddr,
        device: Option<&str>,
    ) -> Result<Admitted<'_>, TooMany> {
        let account = email.key();
        let buckets = match device {
            Some(device) => vec![self.bucket("device", &format!("{account} {device}"), self.config.device)],
            None => vec![
                self.bucket("account", &account, self.config.account),
                self.bucket("network", &network(client), self.config.network),
                self.bucket("all", "", self.config.all),
            ],
        };
        self.admit(buckets).await
    }

    /// Asks for leave to make an account.
    ///
    /// # Errors
    /// As [`Limits::sign_in`].
    pub async fn register(&self, client: IpAddr) -> Result<Admitted<'_>, TooMany> {
        self.admit(vec![self.bucket("register", &network(client), self.config.register)]).await
    }

    /// Asks for leave to try a code or a passkey at an account whose password is known; `device` as in
    /// [`Limits::sign_in`].
    ///
    /// # Errors
    /// As [`Limits::sign_in`].
    pub async fn code(&self, user: UserId, device: Option<&str>) -> Result<Admitted<'_>, TooMany> {
        let device = device.unwrap_or("unknown");
        self.admit(vec![self.bucket("code", &format!("{user} {device}"), self.config.code)]).await
    }

    /// Asks for leave to try a password in a session that is there already.
    ///
    /// # Errors
    /// As [`Limits::sign_in`].
    pub async fn session(&self, session: SessionId) -> Result<Admitted<'_>, TooMany> {
        self.admit(vec![self.bucket("session", &session.to_string(), self.config.device)]).await
    }

    /// Asks for leave to try a password with a link that is kept under this hash.
    ///
    /// # Errors
    /// As [`Limits::sign_in`].
    pub async fn link(&self, hash: &[u8]) -> Result<Admitted<'_>, TooMany> {
        self.admit(vec![self.bucket("link", &URL_SAFE_NO_PAD.encode(hash), self.config.device)]).await
    }

    /// Asks for leave to have a mail sent to an address, whether or not it has an account. Each sort is counted by
    /// itself, so that nobody uses up what somebody else needs.
    ///
    /// # Errors
    /// As [`Limits::sign_in`].
    pub async fn mail(&self, sort: Mailing, email: &Email, client: IpAddr) -> Result<Admitted<'_>, TooMany> {
        let buckets = vec![
            self.bucket("mail", &format!("{sort:?} {}", email.key()), self.config.mail),
            self.bucket("register", &network(client), self.config.register),
        ];
        self.admit(buckets).await
    }

    /// Asks for leave to have a passkey's challenge made or its answer checked.
    ///
    /// # Errors
    /// As [`Limits::sign_in`].
    pub async fn challenge(&self, client: IpAddr) -> Result<Admitted<'_>, TooMany> {
        self.admit(vec![self.bucket("challenge", &network(client), CHALLENGES)]).await
    }

    /// Asks for leave to have a password judged while it is typed.
    ///
    /// # Errors
    /// As [`Limits::sign_in`].
    pub async fn judge(&self, client: IpAddr) -> Result<Admitted<'_>, TooMany> {
        self.admit(vec![self.bucket("judge", &network(client), JUDGEMENTS)]).await
    }

    async fn admit(&self, buckets: Vec<Bucket>) -> Result<Admitted<'_>, TooMany> {
        match self.store.charge(&buckets).await {
            Ok(charged) => Ok(Admitted { limits: self, buckets, charged }),
            Err(wait) => Err(TooMany(Duration::from_micros(wait))),
        }
    }

    fn bucket(&self, kind: &str, of: &str, rate: Rate) -> Bucket {
        let tag = hmac::sign(&self.key, format!("{kind}\n{of}").as_bytes());
        let (short, _) = tag.as_ref().split_at(16);
        // Not below what verifiers are told of, but on the same slot of a cluster.
        Bucket { key: format!("{{drawbridge}}-limit:{kind}:{}", URL_SAFE_NO_PAD.encode(short)), rate }
    }
}

impl Admitted<'_> {
    /// It was no wrong guess: it does not count.
    pub async fn give_back(self) {
        self.limits.store.give_back(&self.charged, &self.buckets).await;
    }
}

/// The network that an address is in, as far as one subscriber reaches: /24 or /64.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & !0xff).to_string(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_what_one_subscriber_has() {
        for (address, wanted) in [
            ("203.0.113.77", "203.0.113.0"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            assert_eq!(network(address.parse().unwrap()), wanted, "{address}");
        }
    }
}
