use std::time::Duration;

use drawbridge_core::settings::{Reader, Setting};

const STALE_MAX: Setting = Setting::new(
    "STALE_MAX",
    "How long a database answer is used while it is uncertain whether the cache is up to date.",
);
const OUTAGE_GRACE: Setting = Setting::new(
    "OUTAGE_GRACE",
    "How long the last known records are honoured while neither the cache nor the database is available.",
);

/// How long earlier answers count while the cache is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// `STALE_MAX`: how old an answer of the source may be.
    pub stale_max: Duration,
    /// `OUTAGE_GRACE`: how long last known records are honoured while the source does not answer either.
    pub outage_grace: Duration,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { stale_max: Duration::from_secs(2), outage_grace: Duration::from_mins(5) }
    }
}

impl Tolerance {
    /// Reads `STALE_MAX` and `OUTAGE_GRACE`.
    pub fn read(reader: &mut Reader) -> Self {
        let default = Self::default().stale_max;
        let minute = Duration::from_mins(1);
        Self {
            stale_max: reader.duration(STALE_MAX, default, Duration::ZERO..=minute),
            outage_grace: Self::read_outage_grace(reader),
        }
    }

    /// Reads `OUTAGE_GRACE`.
    pub fn read_outage_grace(reader: &mut Reader) -> Duration {
        let day = Duration::from_hours(24);
        reader.duration(OUTAGE_GRACE, Self::default().outage_grace, Duration::ZERO..=day)
    }
}
