use drawbridge_core::settings::{Reader, Setting};

const RECORD_CACHE_MIB: Setting =
    Setting::new("RECORD_CACHE_MIB", "Memory for user records in each verifier, in MiB; 0 keeps none.");
const TOKEN_CACHE_MIB: Setting = Setting::new(
    "TOKEN_CACHE_MIB",
    "Memory for tokens with a verified signature in each verifier, in MiB; 0 keeps none.",
);

/// How much memory the caches of a verifier may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSizes {
    /// User records, in bytes; 0 keeps none.
    pub record_bytes: u64,
    /// Tokens with a verified signature, in bytes; 0 keeps none.
    pub token_bytes: u64,
}

impl Default for CacheSizes {
    fn default() -> Self {
        Self { record_bytes: 64 * MIB, token_bytes: 32 * MIB }
    }
}

const MIB: u64 = 1024 * 1024;

impl CacheSizes {
    /// Reads `RECORD_CACHE_MIB` and `TOKEN_CACHE_MIB`.
    pub fn read(reader: &mut Reader) -> Self {
        let default = Self::default();
        let mut bytes = |setting, default: u64| MIB * reader.within(setting, default / MIB, 0..=65_536);
        Self {
            record_bytes: bytes(RECORD_CACHE_MIB, default.record_bytes),
            token_bytes: bytes(TOKEN_CACHE_MIB, default.token_bytes),
        }
    }
}
