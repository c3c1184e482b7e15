use std::{fmt, sync::Arc, time::Duration};

use drawbridge_cookies::{
    session_cookie::SessionCookie,
    topology::{CookieMode, Topology},
};
use drawbridge_core::{
    clock::SystemClock,
    metrics::Metrics,
    origin::Origin,
    settings::{INTERNAL_PORT_OFFSET, Timeouts},
};
use drawbridge_http::remote_source::RemoteSource;
use drawbridge_verification::{
    CacheSizes, KeyRing, Tolerance, Verifier, redis_connection::RedisUrl, token::TokenParties,
    user_cache::CacheLocation,
};

use crate::{
    diagnosis::Expected,
    guard::{Guard, Inner, Mode},
    remote::Remote,
};

/// Builds a [`Guard`].
#[derive(Debug, Clone)]
pub struct Builder {
    frontend_origin: String,
    verify_service: String,
    internal: Option<Vec<Origin>>,
    embedded: Option<Cache>,
    cookie: Option<SessionCookie>,
    cookie_name: Option<String>,
    cookie_shared_with: Option<String>,
    login_path: String,
    parties: Option<TokenParties>,
    audience: Option<String>,
    timeouts: Timeouts,
    tolerance: Tolerance,
    sizes: CacheSizes,
    metrics: Metrics,
}

#[derive(Debug, Clone)]
enum Cache {
    Url(String),
    Location(Box<CacheLocation>),
}

/// Why a guard cannot be built: a sentence that names the invalid setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError(String);

impl BuildError {
    /// An error about `setting`, to be completed with the reason.
    fn of(setting: &'static str) -> impl FnOnce(String) -> Self {
        move |reason| Self(format!("{setting} {reason}"))
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

impl Guard {
    /// Starts building a guard for pages at `frontend_origin`, such as `https://app.example.com`.
    pub fn builder(frontend_origin: impl Into<String>) -> Builder {
        Builder::new(frontend_origin.into())
    }
}

impl Builder {
    pub(crate) fn new(frontend_origin: String) -> Self {
        Self {
            frontend_origin,
            verify_service: "http://127.0.0.1:8082".into(),
            internal: None,
            embedded: None,
            cookie: None,
            cookie_name: None,
            cookie_shared_with: None,
            login_path: "/login".into(),
            parties: None,
            audience: None,
            timeouts: Timeouts::default(),
            tolerance: Tolerance::default(),
            sizes: CacheSizes::default(),
            metrics: Metrics::new(),
        }
    }

    /// Where verify-service listens; by default `http://127.0.0.1:8082`. Several origins, separated by commas,
    /// share the load, as do several addresses behind one name.
    #[must_use]
    pub fn verify_service(mut self, origins: impl Into<String>) -> Self {
        self.verify_service = origins.into();
        self
    }

    /// Verifies in this process, with records from the deployment's Redis. Missing records are requested from
    /// verify-service on its internal port.
    #[must_use]
    pub fn embedded(mut self, redis_url: impl Into<String>) -> Self {
        self.embedded = Some(Cache::Url(redis_url.into()));
        self
    }

    /// Like [`Builder::embedded`], with a cache that is already set up.
    #[must_use]
    #[doc(hidden)]
    pub fn embedded_in(mut self, cache: CacheLocation) -> Self {
        self.embedded = Some(Cache::Location(Box::new(cache)));
        self
    }

    /// verify-service's internal origins, if the internal port is not 1000 above the public one.
    #[must_use]
    pub fn verify_internal(mut self, origins: Vec<Origin>) -> Self {
        self.internal = Some(origins);
        self
    }

    /// `iss` and `aud` of the tokens, unless both are the frontend's origin: if this application has another origin than
    /// the deployment's frontend, or if the deployment sets `PUBLIC_ORIGIN`, `TOKEN_ISSUER` or `TOKEN_AUDIENCE`.
    #[must_use]
    pub fn token_parties(mut self, parties: TokenParties) -> Self {
        self.parties = Some(parties);
        self
    }

    /// Accepts access tokens with this audience instead of session tokens: for an application that receives its requests
    /// through web-frontend (`UPSTREAMS`) or from a frontend with a key.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The session cookie's name, if the deployment sets `COOKIE_NAME`.
    #[must_use]
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie_name = Some(name.into());
        self
    }

    /// The backend's origin, if the deployment has `COOKIE_MODE=shared`. The backend sets the cookie for the
    /// domain that it shares with the frontend.
    #[must_use]
    pub fn cookie_shared_with(mut self, backend_origin: impl Into<String>) -> Self {
        self.cookie_shared_with = Some(backend_origin.into());
        self
    }

    /// The session cookie with the deployment's own settings. Cannot be combined with
    /// [`Builder::cookie_name`] or [`Builder::cookie_shared_with`].
    #[must_use]
    #[doc(hidden)]
    pub fn cookie(mut self, cookie: SessionCookie) -> Self {
        self.cookie = Some(cookie);
        self
    }

    /// The path of the sign-in page on this origin; by default `/login`.
    #[must_use]
    pub fn login_path(mut self, path: impl Into<String>) -> Self {
        self.login_path = path.into();
        self
    }

    /// How long to wait for verify-service; by default one second.
    #[must_use]
    pub fn answer_within(mut self, limit: Duration) -> Self {
        self.timeouts.answer = limit;
        self
    }

    /// How long to wait for any other program.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// How long earlier answers count while parts of the deployment are unreachable (embedded mode).
    #[must_use]
    pub fn tolerance(mut self, tolerance: Tolerance) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// How much memory the caches may take (embedded mode).
    #[must_use]
    pub fn cache_sizes(mut self, sizes: CacheSizes) -> Self {
        self.sizes = sizes;
        self
    }

    /// Where the guard records its metrics.
    #[must_use]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Builds the guard. In embedded mode this must run inside an async runtime, where it subscribes to changes.
    ///
    /// # Errors
    /// A sentence that names the invalid setting.
    pub fn build(self) -> Result<Guard, BuildError> {
        let frontend =
            Origin::parse(&self.frontend_origin).map_err(BuildError::of("the frontend's origin"))?;
        let services = Origin::parse_list(&self.verify_service).map_err(BuildError::of("verify_service"))?;
        if frontend.local_target(&self.login_path).is_none() {
            let reason = "must be a path on this origin, such as /login".to_owned();
            return Err(BuildError::of("login_path")(reason));
        }
        let cookie = self.session_cookie(&frontend)?;
        let audience = self.audience.as_deref().map(str::parse).transpose();
        let audience = audience.map_err(BuildError::of("audience"))?;
        let mode = match &self.embedded {
            None => Mode::Remote(Remote::new(services, self.timeouts, &self.metrics)),
            Some(cache) => Mode::Embedded(Box::new(self.verifier(cache.clone(), &services, &frontend)?)),
        };
        // verify-service knows the issuer in remote mode.
        let default_issuer = self.embedded.is_some().then(|| frontend.to_string());
        let issuer = self.parties.map(|parties| parties.issuer).or(default_issuer);
        Ok(Guard(Arc::new(Inner {
            expected: Expected { frontend_host: frontend.host().to_owned(), issuer },
            cookie,
            audience,
            login_path: self.login_path,
            mode,
            metrics: self.metrics,
        })))
    }

    fn session_cookie(&self, frontend: &Origin) -> Result<SessionCookie, BuildError> {
        if let Some(cookie) = &self.cookie {
            if self.cookie_name.is_some() || self.cookie_shared_with.is_some() {
                let reason = "cannot be combined with cookie_name or cookie_shared_with".to_owned();
                return Err(BuildError::of("cookie")(reason));
            }
            return Ok(cookie.clone());
        }
        let backend = self.cookie_shared_with.as_deref().map(Origin::parse).transpose();
        let backend = backend.map_err(BuildError::of("the backend's origin"))?;
        let topology = Topology {
            frontend,
            backend: backend.as_ref(),
            mode: if backend.is_some() { CookieMode::Shared } else { CookieMode::Proxy },
            name: self.cookie_name.as_deref(),
        };
        let policy = topology.policy().map_err(|error| BuildError(error.to_string()))?;
        Ok(SessionCookie::new(policy, Vec::new()))
    }

    fn verifier(&self, cache: Cache, services: &[Origin], frontend: &Origin) -> Result<Verifier, BuildError> {
        let location = match cache {
            Cache::Location(location) => *location,
            Cache::Url(url) => RedisUrl::parse(&url).map_err(BuildError::of("the URL of Redis"))?.into(),
        };
        let internal = self.internal.clone().or_else(|| internal_ports_of(services)).ok_or_else(|| {
            let reason = "has no port 1000 above it; set verify_internal".to_owned();
            BuildError::of("verify_service")(reason)
        })?;
        let source = Arc::new(RemoteSource::new(internal, self.timeouts, &self.metrics));
        let parties = self.parties.clone();
        let parties = parties.unwrap_or_else(|| TokenParties::for_origin(frontend.to_string()));
        Ok(Verifier::new(
            KeyRing::new(source.clone(), parties),
            location.open(self.sizes.record_bytes, &self.metrics),
            source,
            Arc::new(SystemClock),
            self.tolerance,
            self.sizes.token_bytes,
            &self.metrics,
        ))
    }
}

/// The internal ports of services that keep the default offset.
fn internal_ports_of(services: &[Origin]) -> Option<Vec<Origin>> {
    services.iter().map(|origin| origin.at_port(origin.port().checked_add(INTERNAL_PORT_OFFSET))).collect()
}
