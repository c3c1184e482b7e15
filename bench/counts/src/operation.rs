//! The operations that are counted.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::service::Service;

/// A hot operation, named in the baselines and on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Operation {
    /// `POST /api/verify`: the token was checked before and the user's record is in the process.
    VerifyHot,
    /// `GET /auth-request`, under the same conditions.
    AuthRequestHot,
    /// `POST /api/verify` with a token that this process sees for the first time; the record is in the process.
    VerifyNewToken,
    /// `POST /api/verify`: the record is in Redis but not in the process.
    VerifyRedisHit,
    /// `POST /api/verify`: the record is loaded from the database and stored in Redis.
    VerifyMiss,
    /// A page of an application with the embedded guard; the record is in the process.
    GuardPage,
    /// A page of an application that web-frontend forwards, guarded in the same way. The application is not counted.
    ProxiedPage,
    /// `POST /api/login` without the instructions of bcrypt.
    LoginWithoutHash,
}

impl Operation {
    /// All operations, in the order in which they are counted.
    pub(crate) const ALL: [Self; 8] = [
        Self::VerifyHot,
        Self::AuthRequestHot,
        Self::VerifyNewToken,
        Self::VerifyRedisHit,
        Self::VerifyMiss,
        Self::GuardPage,
        Self::ProxiedPage,
        Self::LoginWithoutHash,
    ];

    /// The name in the baselines and on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::VerifyHot => "verify-hot",
            Self::AuthRequestHot => "auth-request-hot",
            Self::VerifyNewToken => "verify-new-token",
            Self::VerifyRedisHit => "verify-redis-hit",
            Self::VerifyMiss => "verify-miss",
            Self::GuardPage => "guard-page",
            Self::ProxiedPage => "proxied-page",
            Self::LoginWithoutHash => "login-without-hash",
        }
    }

    /// The service whose instructions are counted.
    pub(crate) const fn service(self) -> Service {
        match self {
            Self::GuardPage => Service::Guard,
            Self::ProxiedPage => Service::Frontend,
            Self::LoginWithoutHash => Service::Auth,
            _ => Service::Verify,
        }
    }

    /// The number of requests that are counted together.
    pub(crate) const fn requests_per_window(self) -> u32 {
        match self {
            Self::VerifyHot | Self::AuthRequestHot | Self::GuardPage | Self::ProxiedPage => 200,
            Self::VerifyRedisHit => 60,
            Self::VerifyMiss => 40,
            Self::VerifyNewToken | Self::LoginWithoutHash => 30,
        }
    }

    /// The value of the `layer` label under which a verification of this kind appears in the metrics.
    pub(crate) const fn layer(self) -> Option<&'static str> {
        match self {
            Self::VerifyHot
            | Self::AuthRequestHot
            | Self::VerifyNewToken
            | Self::GuardPage
            | Self::ProxiedPage => Some("near"),
            Self::VerifyRedisHit => Some("shared"),
            Self::VerifyMiss => Some("source"),
            Self::LoginWithoutHash => None,
        }
    }

    /// Whether the instructions of a function belong to the operation.
    pub(crate) fn counts(self, function: &str) -> bool {
        let name = function.trim_start_matches('<');
        self != Self::LoginWithoutHash
            || !["bcrypt::", "blowfish::"].iter().any(|hash| name.starts_with(hash))
    }
}
