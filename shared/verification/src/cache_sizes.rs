use drawbridge_core::settings::{Reader, Setting};

const RECORD_CACHE_MIB: Setting =
    Setting::new("RECORD_CACHE_MIB", "Memory for user records in each verifier, in MiB; 0 keeps none.");
const TOKEN_CACHE_MIB: Setting = Setting::new(
    "TOKEN_CACHE_MIB",
    "Memory for tokens with a verified signature in each verifier, in MiB; 0 keeps none.",
);

const BYTES_PER_MIB: u64 = 1024 * 1024;

/// How much memory the caches of a verifier may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSizes {
    /// User records, in bytes; 0 keeps none.
    pub record_bytes: u64,
    /// Tokens with a verified signature, in bytes; 0 keeps none.
    pub token_bytes: u64,
}

impl Default for CacheSizes {
    fn default() -> Self {
        Self { record_bytes: 64 * BYTES_PER_MIB, token_bytes: 32 * BYTES_PER_MIB }
    }
}

impl CacheSizes {
    /// Reads `RECORD_CACHE_MIB` and `TOKEN_CACHE_MIB`.
    pub fn read(reader: &mut Reader) -> Self {
        let default = Self::default();
        let mut read_bytes = |setting, default_bytes: u64| {
            BYTES_PER_MIB * reader.within(setting, default_bytes / BYTES_PER_MIB, 0..=65_536)
        };
        Self {
            record_bytes: read_bytes(RECORD_CACHE_MIB, default.record_bytes),
            token_bytes: read_bytes(TOKEN_CACHE_MIB, default.token_bytes),
        }
    }
}
