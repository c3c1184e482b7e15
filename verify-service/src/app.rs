//! What the handlers work with.

use std::sync::Arc;

use shared::{
    clock::SharedClock,
    database::{Access, Database, DatabaseSource},
    session_cookie::SessionCookie,
    user_cache::{CacheUnavailable, UserCache},
    verification::{KeyRing, Verifier},
};

use crate::config::Config;

/// The parts of the service, shared by its threads.
pub struct App {
    pub(crate) verifier: Verifier,
    pub(crate) cookie: SessionCookie,
    pub(crate) database: Database,
    pub(crate) cache: Option<Arc<dyn UserCache>>,
}

impl App {
    /// Puts the parts together. Nothing is connected yet: a verifier that starts in an outage says
    /// so in its answers and heals by itself.
    pub(crate) fn new(config: Config, clock: SharedClock) -> Result<Self, CacheUnavailable> {
        let database = Database::new(config.database_url, Access::Read);
        let cache = config.cache.open()?;
        let source = Arc::new(DatabaseSource::new(database.clone(), clock.clone()));
        let keys = KeyRing::new(source.clone(), config.parties);
        let verifier = Verifier::new(keys, cache.clone(), source, clock, config.tolerance);
        Ok(Self { verifier, cookie: config.cookie, database, cache })
    }
}
