use std::time::Duration;

use drawbridge_core::settings::{Reader, Setting};
use drawbridge_verification::{Tolerance, token::TokenParties};
use jsonwebtoken::Algorithm;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The lifetime of an access token, unless `OUTAGE_GRACE` requires a longer one.
const ACCESS_LIFETIME_MIN: Duration = Duration::from_mins(10);

const TOKEN_ALGORITHM: Setting = Setting::new(
    "TOKEN_ALGORITHM",
    "The algorithm of new signing keys; if unset, a new key has the algorithm of the previous one. To change it right \
     away, run `drawbridge keys rotate` with the new value.",
)
.values("`EdDSA` or `ES256`")
.default("`EdDSA` for the first key");
const TOKEN_LIFETIME: Setting = Setting::new(
    "TOKEN_LIFETIME",
    "The idle timeout: how long a session token is valid unless it is renewed; at most `SESSION_LIFETIME`.",
);
const SESSION_LIFETIME: Setting = Setting::new(
    "SESSION_LIFETIME",
    "The absolute timeout: a session ends this long after the sign-in, even if it is in use.",
);
const KEY_ROTATION: Setting = Setting::new("KEY_ROTATION", "The age at which a signing key is replaced.");
const SESSIONS_PER_USER: Setting = Setting::new(
    "SESSIONS_PER_USER",
    "How many sessions a user can have at the same time; one more sign-in ends the oldest.",
);

/// How tokens are signed, and how long they and their sessions last.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// `PUBLIC_ORIGIN`, `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub parties: TokenParties,
    /// `TOKEN_ALGORITHM`, used for new keys; by default, that of the previous key.
    pub algorithm: Option<Algorithm>,
    /// `TOKEN_LIFETIME`: the idle timeout.
    pub lifetime: Duration,
    /// How long an access token is valid: at least twice `OUTAGE_GRACE`, so that one that is renewed at half its
    /// lifetime outlives an outage of auth-service.
    pub access_lifetime: Duration,
    /// `SESSION_LIFETIME`: the absolute timeout.
    pub session_lifetime: Duration,
    /// `KEY_ROTATION`: the age at which a signing key is replaced.
    pub key_rotation: Duration,
    /// `SESSIONS_PER_USER`: one more sign-in ends the oldest session.
    pub sessions_per_user: u32,
}

impl TokenConfig {
    /// Reads `TOKEN_ALGORITHM`, `TOKEN_LIFETIME`, `OUTAGE_GRACE`, `SESSION_LIFETIME`, `KEY_ROTATION` and
    /// `SESSIONS_PER_USER`.
    pub fn read(reader: &mut Reader, parties: TokenParties) -> Self {
        let algorithm = reader.optional(TOKEN_ALGORITHM, parse_algorithm);
        let lifetime = reader.duration(TOKEN_LIFETIME, 7 * DAY, MINUTE..=365 * DAY);
        let access_lifetime = ACCESS_LIFETIME_MIN.max(2 * Tolerance::read_outage_grace(reader));
        let session_lifetime = reader.duration(SESSION_LIFETIME, 30 * DAY, MINUTE..=365 * DAY);
        if lifetime > session_lifetime {
            reader.invalid(TOKEN_LIFETIME.name, "must not be longer than SESSION_LIFETIME");
        }
        let key_rotation = reader.duration(KEY_ROTATION, 90 * DAY, HOUR..=3650 * DAY);
        let sessions_per_user = reader.within(SESSIONS_PER_USER, 50, 1..=200);
        Self {
            parties,
            algorithm,
            lifetime,
            access_lifetime,
            session_lifetime,
            key_rotation,
            sessions_per_user,
        }
    }
}

impl TokenConfig {
    /// The lifetime of the tokens that are valid for the longest time. A key stays published for as long.
    pub(super) fn longest_lifetime(&self) -> Duration {
        self.lifetime.max(self.access_lifetime)
    }
}

fn parse_algorithm(text: &str) -> Result<Algorithm, String> {
    match text {
        "EdDSA" => Ok(Algorithm::EdDSA),
        "ES256" => Ok(Algorithm::ES256),
        _ => Err(format!("must be EdDSA or ES256, not \"{text}\"")),
    }
}
