//! The state shared by handlers and middleware.

use std::sync::Arc;

use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{clock::SharedClock, metrics::Metrics, origin::Origin, pages_path::PagesPath};
use drawbridge_database::{Access, Database, DatabaseSource};
use drawbridge_http::{access_rules::AccessRules, replicas::Replicas};
use drawbridge_verification::{KeyRing, Verifier, user_cache::UserCache};

use crate::{
    changes::{FeedAccess, Publisher},
    config::Config,
    renewal::Renewal,
};

/// The parts of the service, shared by its threads.
pub struct App {
    pub(crate) verifier: Verifier,
    pub(crate) cookie: SessionCookie,
    /// The deployment's audience (`TOKEN_AUDIENCE`).
    pub(crate) audience: String,
    pub(crate) frontend_origin: Origin,
    pub(crate) pages: PagesPath,
    /// `GUARDED_PATHS`, which the gateway endpoints apply.
    pub(crate) access_rules: AccessRules,
    pub(crate) renewal: Option<Renewal>,
    pub(crate) database: Database,
    pub(crate) cache: Option<Arc<dyn UserCache>>,
    /// The change feed; `None` without a cache.
    pub(crate) publisher: Option<Arc<Publisher>>,
    pub(crate) feed_access: FeedAccess,
    pub(crate) clock: SharedClock,
    pub(crate) metrics: Metrics,
}

impl App {
    /// Assembles the service. It connects in the background: a service that starts during an outage reports
    /// the outage in its responses and recovers by itself.
    pub(crate) fn new(config: Config, clock: SharedClock) -> Self {
        let metrics = Metrics::new();
        let Config { cache_sizes, timeouts, .. } = config;
        let database = Database::new(config.database_url, Access::Read, timeouts, &metrics);
        let cache = config.cache.open(cache_sizes.record_bytes, &metrics);
        let source = Arc::new(DatabaseSource::new(database.clone(), clock.clone()));
        let audience = config.parties.audience.clone();
        let verifier = Verifier::new(
            KeyRing::new(source.clone(), config.parties),
            cache.clone(),
            source,
            clock.clone(),
            config.tolerance,
            cache_sizes.token_bytes,
            &metrics,
        );
        let auth_service = (!config.auth_service.is_empty())
            .then(|| Replicas::new("auth-service", config.auth_service, timeouts, &metrics));
        let key_ring = verifier.key_ring().clone();
        let feed_source = Arc::new(DatabaseSource::new(database.clone(), clock.clone()));
        let publisher =
            cache.clone().map(|cache| Arc::new(Publisher::new(cache, feed_source, key_ring, &clock)));
        if let Some(publisher) = publisher.clone() {
            let open = metrics.change_feeds.get_or_create_owned(&[]);
            metrics.before_scrape(move || {
                open.set(i64::try_from(publisher.followers()).unwrap_or(i64::MAX));
            });
        }
        Self {
            verifier,
            cookie: config.cookie,
            audience,
            frontend_origin: config.frontend_origin,
            pages: config.pages,
            access_rules: config.access_rules,
            renewal: auth_service.clone().map(|auth_service| Renewal::new(auth_service, &metrics)),
            feed_access: FeedAccess::new(database.clone(), clock.clone(), auth_service),
            database,
            cache,
            publisher,
            clock,
            metrics,
        }
    }
}
