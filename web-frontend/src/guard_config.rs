//! The settings of the guard in front of private pages.

use drawbridge_core::{
    origin::Origin,
    settings::{Reader, Setting},
};
use drawbridge_guard::{Builder, CacheLocation, CacheSizes, Guard, TokenParties, Tolerance};

const VERIFY_SERVICE_URL: Setting = Setting::new("VERIFY_SERVICE_URL", "Where verify-service listens.")
    .values("origins, separated by commas");
const VERIFY_INTERNAL_URL: Setting = Setting::new(
    "VERIFY_INTERNAL_URL",
    "Where verify-service listens internally; `GUARD_MODE=embedded` needs it.",
)
.values("origins, separated by commas")
.default("`VERIFY_SERVICE_URL` with 1000 added to each port");
const GUARD_MODE: Setting = Setting::new(
    "GUARD_MODE",
    "Who verifies requests for private pages: verify-service (`remote`) or web-frontend itself (`embedded`).",
)
.values("`remote` or `embedded`")
.default("remote");

/// The settings of the guard.
#[derive(Debug, Clone)]
pub struct GuardConfig {
    /// `GUARD_MODE`.
    pub mode: GuardMode,
    /// `VERIFY_SERVICE_URL`.
    pub verify_service: Vec<Origin>,
    /// `VERIFY_INTERNAL_URL`; by default 1000 above the ports of `VERIFY_SERVICE_URL`.
    pub verify_internal: Option<Vec<Origin>>,
    /// `PUBLIC_ORIGIN`, `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub parties: TokenParties,
    /// `STALE_MAX` and `OUTAGE_GRACE`.
    pub tolerance: Tolerance,
    /// `RECORD_CACHE_MIB` and `TOKEN_CACHE_MIB`.
    pub cache_sizes: CacheSizes,
}

/// Who verifies the tokens of guarded pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GuardMode {
    /// verify-service, on every request.
    #[default]
    Remote,
    /// web-frontend itself, with user records from Redis.
    Embedded,
}

impl GuardMode {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "remote" => Ok(Self::Remote),
            "embedded" => Ok(Self::Embedded),
            _ => Err(format!("must be remote or embedded, not \"{text}\"")),
        }
    }
}

impl GuardConfig {
    /// Reads the settings; `None` if one of the required settings is missing or invalid.
    pub(crate) fn read(reader: &mut Reader, frontend_origin: Option<&Origin>) -> Option<Self> {
        let verify_service = reader.required(VERIFY_SERVICE_URL, Origin::parse_list);
        let verify_internal = reader.optional(VERIFY_INTERNAL_URL, Origin::parse_list);
        let mode = reader.optional(GUARD_MODE, GuardMode::parse).unwrap_or_default();
        let parties = TokenParties::read(reader, frontend_origin);
        let tolerance = Tolerance::read(reader);
        let cache_sizes = CacheSizes::read(reader);
        Some(Self {
            mode,
            verify_service: verify_service?,
            verify_internal,
            parties: parties?,
            tolerance,
            cache_sizes,
        })
    }

    /// Starts building a guard with these settings. An embedded guard reads user records from `cache`.
    pub(crate) fn builder(&self, frontend_origin: &Origin, cache: &CacheLocation) -> Builder {
        let verify_service: Vec<_> = self.verify_service.iter().map(ToString::to_string).collect();
        let mut builder = Guard::builder(frontend_origin.to_string())
            .verify_service(verify_service.join(","))
            .token_parties(self.parties.clone());
        if self.mode == GuardMode::Embedded {
            builder =
                builder.embedded_in(cache.clone()).tolerance(self.tolerance).cache_sizes(self.cache_sizes);
            if let Some(internal) = &self.verify_internal {
                builder = builder.verify_internal(internal.clone());
            }
        }
        builder
    }
}
