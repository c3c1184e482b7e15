//! What the handlers work with.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use actix_web::HttpRequest;

use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{clock::SystemClock, metrics::Metrics, origin::Origin};
use drawbridge_http::{client_address::TrustedProxies, proxy_identity::ProxyIdentity, serve::StartError};

use crate::{
    assets::Assets,
    auth_client::AuthClient,
    config::{Config, GuardMode},
    page_sessions::PageSessions,
    seen::Seen,
    site::Site,
    upstreams::Upstreams,
};
use drawbridge_guard::{BuildError, Guard};

pub(crate) const NAME: &str = "web-frontend";

/// The parts of the service, shared by its threads.
pub struct App {
    pub(crate) auth: AuthClient,
    pub(crate) guard: Guard,
    pub(crate) cookie: SessionCookie,
    pub(crate) frontend_origin: Origin,
    pub(crate) page_sessions: PageSessions,
    pub(crate) upstreams: Upstreams,
    pub(crate) site: Site,
    pub(crate) assets: Assets,
    pub(crate) seen: Seen,
    trusted_proxies: TrustedProxies,
    pub(crate) metrics: Metrics,
}

impl App {
    /// Puts the parts together. Nothing is connected yet.
    pub(crate) fn new(config: &Config) -> Result<Self, StartError> {
        let refused = |reason: String| StartError::dependency(NAME, reason);
        let (metrics, timeouts) = (Metrics::new(), config.timeouts);
        let identity = ProxyIdentity::new(&config.master_secret);
        let (services, cookie) = (config.auth_service.clone(), config.cookie.clone());
        let auth = AuthClient::new(services, timeouts, identity, cookie, Arc::new(SystemClock), &metrics);
        Ok(Self {
            auth,
            guard: guard(config, metrics.clone()).map_err(|error| refused(error.to_string()))?,
            cookie: config.cookie.clone(),
            frontend_origin: config.frontend_origin.clone(),
            page_sessions: PageSessions::open(config.redis.clone()),
            upstreams: Upstreams::new(config.upstreams.clone(), timeouts, config.upstream_timeout)
                .map_err(|error| refused(error.to_string()))?,
            site: config.site.clone(),
            assets: Assets::new(&config.site),
            seen: Seen::new(),
            trusted_proxies: config.trusted_proxies.clone(),
            metrics,
        })
    }

    /// The client that a request is from, behind whatever `TRUSTED_PROXIES` names.
    pub(crate) fn client_address(&self, request: &HttpRequest) -> IpAddr {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        self.trusted_proxies.client(peer, request.headers())
    }
}

fn guard(config: &Config, metrics: Metrics) -> Result<Guard, BuildError> {
    let services: Vec<_> = config.verify_service.iter().map(ToString::to_string).collect();
    let mut guard = Guard::builder(config.frontend_origin.to_string())
        .verify_service(services.join(","))
        .cookie(config.cookie.clone())
        .timeouts(config.timeouts)
        .metrics(metrics);
    if config.guard_mode == GuardMode::Embedded {
        guard = guard
            .embedded_in(config.cache.clone())
            .token_parties(config.parties.clone())
            .tolerance(config.tolerance)
            .cache_sizes(config.cache_sizes);
        if let Some(internal) = &config.verify_internal {
            guard = guard.verify_internal(internal.clone());
        }
    }
    guard.build()
}
