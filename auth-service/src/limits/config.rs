use std::time::Duration;

use drawbridge_core::settings::{Reader, Setting};

use super::{Rate, source::SourceRates};

/// A setting for a rate. `default` must describe the rate that [`LimitConfig::read`] falls back to; a test compares the
/// two.
const fn rate_setting(name: &'static str, meaning: &'static str, default: &'static str) -> Setting {
    Setting::new(name, meaning)
        .values("rate such as `10/5m`: a burst, and the time until each further attempt")
        .default(default)
}

const LOGIN_LIMIT_ACCOUNT: Setting = rate_setting(
    "LOGIN_LIMIT_ACCOUNT",
    "Failed sign-ins to one account from devices unknown to that account.",
    "10/5m",
);
const LOGIN_LIMIT_DEVICE: Setting = rate_setting(
    "LOGIN_LIMIT_DEVICE",
    "Failed sign-ins to one account from one device known to that account, and wrong passwords within one session or \
     with one e-mailed link.",
    "10/1m",
);
const LOGIN_LIMIT_NETWORK: Setting = rate_setting(
    "LOGIN_LIMIT_NETWORK",
    "Failed sign-ins from one network (/24 for IPv4, /64 for IPv6), from devices unknown to the account.",
    "100/10s",
);
const LOGIN_LIMIT_FRONTEND: Setting = rate_setting(
    "LOGIN_LIMIT_FRONTEND",
    "Failed sign-ins through one registered frontend that does not report its clients' IP addresses, from devices \
     unknown to the account.",
    "1000/100ms",
);
const LOGIN_LIMIT_ALL: Setting = rate_setting(
    "LOGIN_LIMIT_ALL",
    "Failed sign-ins in the whole deployment, from devices unknown to the account.",
    "2000/50ms",
);
const REGISTER_LIMIT_NETWORK: Setting =
    rate_setting("REGISTER_LIMIT_NETWORK", "Sign-ups and requested e-mails from one network.", "30/1m");
const REGISTER_LIMIT_FRONTEND: Setting = rate_setting(
    "REGISTER_LIMIT_FRONTEND",
    "Sign-ups and requested e-mails through one registered frontend that does not report its clients' IP addresses.",
    "300/6s",
);
const CODE_LIMIT: Setting = rate_setting(
    "CODE_LIMIT",
    "Wrong codes for one account after a correct password: one limit for each known device and each session, and one for \
     all other devices together.",
    "10/1m",
);
const MAIL_LIMIT_ADDRESS: Setting =
    rate_setting("MAIL_LIMIT_ADDRESS", "Requested e-mails of one kind to one e-mail address.", "5/10m");

/// The configurable limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitConfig {
    /// `LOGIN_LIMIT_ACCOUNT`: failed sign-ins to one account from devices unknown to that account.
    pub account: Rate,
    /// `LOGIN_LIMIT_DEVICE`: failed sign-ins to one account from one device known to that account.
    pub device: Rate,
    /// `LOGIN_LIMIT_NETWORK`: failed sign-ins from one network, /24 or /64.
    pub network: Rate,
    /// `LOGIN_LIMIT_FRONTEND`: failed sign-ins through one frontend that does not say its clients' addresses.
    pub frontend: Rate,
    /// `LOGIN_LIMIT_ALL`: failed sign-ins in the whole deployment, from devices unknown to the account.
    pub all: Rate,
    /// `REGISTER_LIMIT_NETWORK`: sign-ups and requested e-mails from one network.
    pub register: Rate,
    /// `REGISTER_LIMIT_FRONTEND`: the same through one frontend that does not say its clients' addresses.
    pub register_frontend: Rate,
    /// `CODE_LIMIT`: wrong codes for one account, from each known device and session, and from all other devices
    /// together.
    pub code: Rate,
    /// `MAIL_LIMIT_ADDRESS`: requested e-mails of one kind to one address.
    pub mail: Rate,
}

impl LimitConfig {
    /// Reads the limits.
    pub fn read(reader: &mut Reader) -> Self {
        let mut read_rate = |setting, default: Rate| reader.optional(setting, Rate::parse).unwrap_or(default);
        Self {
            account: read_rate(LOGIN_LIMIT_ACCOUNT, Rate::new(10, Duration::from_mins(5))),
            device: read_rate(LOGIN_LIMIT_DEVICE, Rate::new(10, Duration::from_mins(1))),
            network: read_rate(LOGIN_LIMIT_NETWORK, Rate::new(100, Duration::from_secs(10))),
            frontend: read_rate(LOGIN_LIMIT_FRONTEND, Rate::new(1_000, Duration::from_millis(100))),
            all: read_rate(LOGIN_LIMIT_ALL, Rate::new(2_000, Duration::from_millis(50))),
            register: read_rate(REGISTER_LIMIT_NETWORK, Rate::new(30, Duration::from_mins(1))),
            register_frontend: read_rate(REGISTER_LIMIT_FRONTEND, Rate::new(300, Duration::from_secs(6))),
            code: read_rate(CODE_LIMIT, Rate::new(10, Duration::from_mins(1))),
            mail: read_rate(MAIL_LIMIT_ADDRESS, Rate::new(5, Duration::from_mins(10))),
        }
    }

    /// The limits on failed sign-ins from one source.
    pub(super) fn sign_in_rates(&self) -> SourceRates {
        SourceRates { network: self.network, frontend: self.frontend }
    }

    /// The limits on sign-ups and requested e-mails from one source.
    pub(super) fn registration_rates(&self) -> SourceRates {
        SourceRates { network: self.register, frontend: self.register_frontend }
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_core::settings::fixed;

    use super::*;

    #[test]
    fn documented_defaults_are_the_real_defaults() {
        let mut reader = Reader::new(&|_| None);
        let defaults = LimitConfig::read(&mut reader);
        let reference = reader.into_reference();

        let documented = fixed(reference.into_iter().map(|setting| (setting.name, setting.default)));
        let config = LimitConfig::read(&mut Reader::new(&documented));

        assert_eq!(config, defaults);
    }
}
