use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use drawbridge_core::{clock::SharedClock, origin::Origin};
use drawbridge_database::{Database, DatabaseUnavailable};
use tokio::sync::Mutex;

use crate::{domain::FrontendOrigin, storage};

/// How old the known origins may be, so that a removed frontend is refused well within the revocation bound.
const ORIGINS_TTL: Duration = Duration::from_secs(1);

/// The registered origins as of at most a second ago. Checks of browser requests cannot wait for the database, so the
/// origins are read before them.
pub(crate) struct AllowedOrigins {
    database: Database,
    clock: SharedClock,
    known: RwLock<Option<KnownOrigins>>,
    /// Held while the origins are read, so that concurrent requests cause a single query.
    reading: Mutex<()>,
}

#[derive(Clone)]
struct KnownOrigins {
    read_at: Instant,
    origins: Arc<[FrontendOrigin]>,
}

impl AllowedOrigins {
    pub(super) fn new(database: Database, clock: SharedClock) -> Self {
        Self { database, clock, known: RwLock::new(None), reading: Mutex::new(()) }
    }

    /// Reads the registered origins, unless they were read within the last second.
    ///
    /// # Errors
    /// The database is unreachable, and no origins are known from before.
    pub(crate) async fn refresh(&self) -> Result<(), DatabaseUnavailable> {
        if self.is_current() {
            return Ok(());
        }
        let _reading = self.reading.lock().await;
        if self.is_current() {
            return Ok(());
        }
        let read_at = Instant::now();
        let now = self.clock.now();
        match self.database.query(move |c| storage::find_registered_origins(c, now)).await {
            Ok(origins) => {
                let known = KnownOrigins { read_at, origins: origins.into() };
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
                Ok(())
            }
            // Without the database, no request has an effect. With the origins known so far, pages can at least read
            // the 503.
            Err(_) if self.known().is_some() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Returns true if `origin`, as in the header `Origin`, was registered when the origins were last read.
    pub(crate) fn contains(&self, origin: &str) -> bool {
        let Some(known) = self.known() else { return false };
        Origin::parse(origin).is_ok_and(|parsed| {
            parsed.to_string() == origin && known.origins.iter().any(|allowed| allowed.covers(&parsed))
        })
    }

    fn is_current(&self) -> bool {
        self.known().is_some_and(|known| known.read_at.elapsed() < ORIGINS_TTL)
    }

    fn known(&self) -> Option<KnownOrigins> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
