//! The origins of registered frontends, to which a sign-in may return.

use std::{
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use drawbridge_core::origin::Origin;
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::auth_client::{AuthClient, BrowserContext};

/// How long the origins are used without asking auth-service again, so that a removed frontend is refused within the
/// revocation bound.
const REGISTERED_ORIGINS_TTL: Duration = Duration::from_secs(2);

/// How long auth-service is not asked again after a failure.
const FAILED_FETCH_PAUSE: Duration = Duration::from_secs(1);

/// The registered origins as of at most [`REGISTERED_ORIGINS_TTL`] ago.
#[derive(Default)]
pub(crate) struct RegisteredOrigins {
    held: RwLock<Option<HeldOrigins>>,
    /// The time of the last failure. Locked during a fetch, so that there is only one at a time.
    last_failure: Mutex<Option<Instant>>,
}

struct HeldOrigins {
    list: OriginList,
    requested_at: Instant,
}

impl RegisteredOrigins {
    /// Returns true if `origin` is registered. While auth-service is unreachable, no origin is.
    pub(crate) async fn contain(&self, origin: &Origin, auth: &AuthClient, browser: BrowserContext) -> bool {
        if let Some(is_covered) = self.find_held(origin) {
            return is_covered;
        }
        let mut last_failure = self.last_failure.lock().await;
        // Another request may have fetched them in the meantime.
        if let Some(is_covered) = self.find_held(origin) {
            return is_covered;
        }
        if last_failure.is_some_and(|failed_at| failed_at.elapsed() < FAILED_FETCH_PAUSE) {
            return false;
        }
        match self.fetch(auth, browser).await {
            Ok(()) => self.find_held(origin).unwrap_or(false),
            Err(problem) => {
                *last_failure = Some(Instant::now());
                let cause = problem.cause().unwrap_or_else(|| problem.detail());
                tracing::warn!(cause, "cannot read the registered origins; not returning to another origin");
                false
            }
        }
    }

    async fn fetch(&self, auth: &AuthClient, browser: BrowserContext) -> Result<(), Problem> {
        let requested_at = Instant::now();
        let list = auth.fetch_registered_origins(browser).await?;
        let held = HeldOrigins { list, requested_at };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(())
    }

    /// Whether the held origins cover `origin`; `None` if they are too old.
    fn find_held(&self, origin: &Origin) -> Option<bool> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let held = held.as_ref().filter(|held| held.requested_at.elapsed() < REGISTERED_ORIGINS_TTL);
        held.map(|held| held.list.covers(origin))
    }
}

/// The registered origins, as auth-service lists them.
#[derive(Deserialize)]
pub(crate) struct OriginList {
    /// Origins, such as `https://shop.example.com`.
    origins: Vec<String>,
    /// Patterns, such as `https://*.preview.example.com`.
    patterns: Vec<String>,
}

impl OriginList {
    fn covers(&self, origin: &Origin) -> bool {
        let text = origin.to_string();
        let matches = |parent: Option<&str>| parent.is_some_and(|parent| origin.is_one_label_below(parent));
        self.origins.contains(&text)
            || self.patterns.iter().any(|pattern| matches(pattern.strip_prefix("https://*.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registered_origins_are_covered() {
        let list = OriginList {
            origins: vec!["https://shop.example.com".into(), "http://localhost:3000".into()],
            patterns: vec!["https://*.preview.example.com".into(), "https://".into(), "*".into()],
        };
        for (origin, expected) in [
            ("https://shop.example.com", true),
            ("https://shop.example.com:443", true),
            ("http://localhost:3000", true),
            ("https://a.preview.example.com", true),
            ("http://shop.example.com", false),
            ("https://shop.example.com:8443", false),
            ("https://shop.example.com.evil.example", false),
            ("https://a.shop.example.com", false),
            ("http://localhost:3001", false),
            ("https://preview.example.com", false),
            ("https://a.b.preview.example.com", false),
            ("https://evilpreview.example.com", false),
        ] {
            assert_eq!(list.covers(&Origin::parse(origin).unwrap()), expected, "{origin}");
        }
    }
}
