use std::{fmt, sync::Arc, time::Duration};

use shared::{
    clock::SystemClock,
    config::{CacheSizes, INTERNAL_PORT_ABOVE, Timeouts, TokenParties},
    metrics::Metrics,
    origin::Origin,
    redis_connection::RedisUrl,
    session_cookie::SessionCookie,
    topology::{CookieMode, Topology},
    user_cache::CacheLocation,
    verification::{KeyRing, RemoteSource, Tolerance, Verifier},
};

use super::{Guard, Inner, Mode, remote::Remote};

/// Sets up a [`Guard`].
#[derive(Debug, Clone)]
pub struct Builder {
    frontend_origin: String,
    verify_service: String,
    internal: Option<Vec<Origin>>,
    embedded: Option<CacheOf>,
    cookie: CookieOf,
    login_path: String,
    parties: Option<TokenParties>,
    timeouts: Timeouts,
    tolerance: Tolerance,
    sizes: CacheSizes,
    metrics: Metrics,
}

/// What is known of the cookie.
#[derive(Debug, Clone)]
enum CookieOf {
    /// `COOKIE_NAME`, and `BACKEND_ORIGIN` if the cookie is shared with it.
    Facts {
        name: Option<String>,
        shared_with: Option<String>,
    },
    Judged(Box<SessionCookie>),
}

impl Default for CookieOf {
    fn default() -> Self {
        Self::Facts { name: None, shared_with: None }
    }
}

#[derive(Debug, Clone)]
enum CacheOf {
    Url(String),
    Location(Box<CacheLocation>),
}

/// Why a guard cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError(String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

impl Builder {
    pub(super) fn new(frontend_origin: String) -> Self {
        Self {
            frontend_origin,
            verify_service: "http://127.0.0.1:8082".into(),
            internal: None,
            embedded: None,
            cookie: CookieOf::default(),
            login_path: "/login".into(),
            parties: None,
            timeouts: Timeouts::default(),
            tolerance: Tolerance::default(),
            sizes: CacheSizes::default(),
            metrics: Metrics::new(),
        }
    }

    /// Where verify-service answers: `http://127.0.0.1:8082` unless set. Several origins, separated by
    /// commas, share the work, and so do several addresses of one name.
    #[must_use]
    pub fn verify_service(mut self, origins: impl Into<String>) -> Self {
        self.verify_service = origins.into();
        self
    }

    /// Verifies in this process, with the records that the deployment's Redis has; verify-service is
    /// asked on its internal port for those that are not there.
    #[must_use]
    pub fn embedded(mut self, redis_url: impl Into<String>) -> Self {
        self.embedded = Some(CacheOf::Url(redis_url.into()));
        self
    }

    /// The same with a cache that is set up already.
    #[must_use]
    pub fn embedded_in(mut self, cache: CacheLocation) -> Self {
        self.embedded = Some(CacheOf::Location(Box::new(cache)));
        self
    }

    /// Where verify-service's internal port is, if it is not 1000 above its port.
    #[must_use]
    pub fn verify_internal(mut self, origins: Vec<Origin>) -> Self {
        self.internal = Some(origins);
        self
    }

    /// `iss` and `aud` of the tokens, if the deployment sets `TOKEN_ISSUER` or `TOKEN_AUDIENCE`.
    #[must_use]
    pub fn token_parties(mut self, parties: TokenParties) -> Self {
        self.parties = Some(parties);
        self
    }

    /// The session cookie's name, if the deployment sets `COOKIE_NAME`.
    #[must_use]
    pub fn cookie_name(mut self, wanted: impl Into<String>) -> Self {
        if let CookieOf::Facts { name, .. } = &mut self.cookie {
            *name = Some(wanted.into());
        }
        self
    }

    /// The backend's origin, if the deployment has `COOKIE_MODE=shared`: it sets the cookie for the domain
    /// that it shares with the frontend.
    #[must_use]
    pub fn cookie_shared_with(mut self, backend_origin: impl Into<String>) -> Self {
        if let CookieOf::Facts { shared_with, .. } = &mut self.cookie {
            *shared_with = Some(backend_origin.into());
        }
        self
    }

    /// The session cookie as the deployment's settings have it.
    #[must_use]
    pub fn cookie(mut self, cookie: SessionCookie) -> Self {
        self.cookie = CookieOf::Judged(Box::new(cookie));
        self
    }

    /// The sign-in page's path on this origin: `/login` unless set.
    #[must_use]
    pub fn login_path(mut self, path: impl Into<String>) -> Self {
        self.login_path = path.into();
        self
    }

    /// How long verify-service may take: one second unless set.
    #[must_use]
    pub fn answer_within(mut self, limit: Duration) -> Self {
        self.timeouts.answer = limit;
        self
    }

    /// How long anybody may take.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Embedded: what is believed while parts of the deployment are out of reach.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Embedded: how much is kept in memory.
    #[must_use]
    pub fn cache_sizes(mut self, sizes: CacheSizes) -> Self {
        self.sizes = sizes;
        self
    }

    /// Where the guard counts.
    #[must_use]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// The guard. An embedded one has to be built in an async runtime, where it listens for changes.
    ///
    /// # Errors
    /// A sentence that says which setting is wrong.
    pub fn build(self) -> Result<Guard, BuildError> {
        let named = |what: &str, reason: String| BuildError(format!("{what} {reason}"));
        let frontend = Origin::parse(&self.frontend_origin).map_err(|e| named("the frontend's origin", e))?;
        let services = Origin::parse_list(&self.verify_service).map_err(|e| named("verify_service", e))?;
        if frontend.local_target(&self.login_path).is_none() {
            return Err(named("login_path", "must be a path on this origin, such as /login".into()));
        }
        let cookie = match self.cookie {
            CookieOf::Judged(cookie) => *cookie,
            CookieOf::Facts { name, shared_with } => {
                let backend = shared_with.map(|origin| Origin::parse(&origin)).transpose();
                let backend = backend.map_err(|e| named("the backend's origin", e))?;
                let mode = if backend.is_some() { CookieMode::Shared } else { CookieMode::Proxy };
                let topology =
                    Topology { frontend: &frontend, backend: backend.as_ref(), mode, name: name.as_deref() };
                let policy = topology.policy().map_err(|refused| BuildError(refused.to_string()))?;
                SessionCookie::new(policy, Vec::new())
            }
        };
        let mode = match self.embedded {
            None => Mode::Remote(Remote::new(services, self.timeouts, &self.metrics)),
            Some(cache) => {
                let cache = match cache {
                    CacheOf::Location(cache) => *cache,
                    CacheOf::Url(url) => {
                        RedisUrl::parse(&url).map_err(|e| named("the URL of Redis", e))?.into()
                    }
                };
                let cache = cache.open(self.sizes.record_bytes, &self.metrics);
                let internal = match self.internal {
                    Some(internal) => internal,
                    None => internal_of(&services).ok_or_else(|| {
                        named(
                            "verify_service",
                            "has no port 1000 above; say where its internal port is".into(),
                        )
                    })?,
                };
                let source = Arc::new(RemoteSource::new(internal, self.timeouts, &self.metrics));
                let parties = self.parties.unwrap_or_else(|| {
                    let origin = frontend.to_string();
                    TokenParties { issuer: origin.clone(), audience: origin }
                });
                let keys = KeyRing::new(source.clone(), parties);
                let clock = Arc::new(SystemClock);
                let (tolerance, bytes) = (self.tolerance, self.sizes.token_bytes);
                let verifier = Verifier::new(keys, cache, source, clock, tolerance, bytes, &self.metrics);
                Mode::Embedded(Box::new(verifier))
            }
        };
        Ok(Guard(Arc::new(Inner {
            frontend_host: frontend.host().to_owned(),
            cookie,
            login_path: self.login_path,
            mode,
            metrics: self.metrics,
        })))
    }
}

/// The internal ports of services, where they are unless told otherwise.
fn internal_of(services: &[Origin]) -> Option<Vec<Origin>> {
    services.iter().map(|origin| origin.at_port(origin.port().checked_add(INTERNAL_PORT_ABOVE))).collect()
}
