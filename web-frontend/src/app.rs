//! The parts of the service that handlers and middleware share.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use actix_web::HttpRequest;
use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{clock::SharedClock, metrics::Metrics, origin::Origin, pages_path::PagesPath};
use drawbridge_guard::Guard;
use drawbridge_http::{access_rules::AccessRules, client_address::TrustedProxies, serve::StartError};
use percent_encoding::percent_decode_str;

use crate::{
    access_tokens::AccessTokens,
    activity_reports::ActivityReports,
    assets::Assets,
    auth_client::{AuthClient, AuthEndpoint, AuthRequest, BrowserContext},
    config::Config,
    discovery::PublicDocuments,
    language::Language,
    page_sessions::PageSessions,
    pages::PageLayout,
    registered_origins::RegisteredOrigins,
    site::Site,
    submissions::Submissions,
    upstreams::Upstreams,
    verify_client::VerifyClient,
};

pub(crate) const SERVICE_NAME: &str = "web-frontend";

/// The parts of the service, shared by its threads.
pub struct App {
    pub(crate) auth: Arc<AuthClient>,
    pub(crate) verify: VerifyClient,
    pub(crate) clock: SharedClock,
    pub(crate) documents: PublicDocuments,
    pub(crate) access_tokens: AccessTokens,
    pub(crate) registered_origins: RegisteredOrigins,
    pub(crate) guard: Guard,
    pub(crate) cookie: SessionCookie,
    /// The audience of session tokens (`TOKEN_AUDIENCE`).
    pub(crate) audience: String,
    pub(crate) frontend_origin: Origin,
    pub(crate) pages: PagesPath,
    /// `GUARDED_PATHS`.
    pub(crate) access_rules: AccessRules,
    /// The page after signing in, unless the visitor wanted another one.
    pub(crate) default_page: String,
    pub(crate) page_sessions: PageSessions,
    pub(crate) submissions: Submissions,
    pub(crate) upstreams: Upstreams,
    pub(crate) assets: Arc<Assets>,
    pub(crate) activity_reports: ActivityReports,
    pub(crate) metrics: Metrics,
    site: Arc<Site>,
    trusted_proxies: TrustedProxies,
}

impl App {
    /// Builds the parts. It does not connect to other programs yet.
    pub(crate) fn new(config: &Config, clock: SharedClock) -> Result<Self, StartError> {
        let metrics = Metrics::new();
        let guard = config
            .guard
            .builder(&config.frontend_origin, &config.cache)
            .cookie(config.cookie.clone())
            .login_path(config.pages.at("/login"))
            .timeouts(config.timeouts)
            .metrics(metrics.clone())
            .build()
            .map_err(|error| StartError::dependency(SERVICE_NAME, error))?;
        let upstreams = Upstreams::new(config.upstreams.clone())
            .map_err(|error| StartError::dependency(SERVICE_NAME, error))?;
        let auth = Arc::new(AuthClient::new(
            config.auth_service.clone(),
            config.timeouts,
            config.own_secret.identity(),
            config.cookie.clone(),
            clock.clone(),
            &metrics,
        ));
        let verify = VerifyClient::new(
            config.guard.verify_service.clone(),
            config.timeouts,
            config.cookie.clone(),
            &metrics,
        );
        Ok(Self {
            access_tokens: AccessTokens::new(auth.clone(), clock.clone(), &metrics),
            auth,
            verify,
            clock,
            registered_origins: RegisteredOrigins::default(),
            documents: PublicDocuments::new(config.guard.tolerance.outage_grace),
            guard,
            cookie: config.cookie.clone(),
            audience: config.guard.parties.audience.clone(),
            frontend_origin: config.frontend_origin.clone(),
            pages: config.pages.clone(),
            access_rules: config.access_rules.clone(),
            default_page: match config.upstreams.app {
                Some(_) => "/".to_owned(),
                None => config.pages.at("/private"),
            },
            page_sessions: PageSessions::open(config.redis.clone()),
            submissions: Submissions::default(),
            upstreams,
            assets: Arc::new(Assets::new(&config.site, &config.pages)),
            activity_reports: ActivityReports::new(),
            metrics,
            site: Arc::new(config.site.clone()),
            trusted_proxies: config.trusted_proxies.clone(),
        })
    }

    /// Returns true if a path of this origin belongs to an upstream or the application, however it is encoded.
    pub(crate) fn leads_to_upstream(&self, target: &str) -> bool {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let path = percent_decode_str(path).decode_utf8_lossy();
        let is_own = !self.pages.prefix().is_empty() && self.pages.strip(&path).is_some();
        !is_own && self.upstreams.find(&path).is_some()
    }

    /// The address of the client, behind the proxies in `TRUSTED_PROXIES`.
    pub(crate) fn client_address(&self, request: &HttpRequest) -> IpAddr {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        self.trusted_proxies.client(peer, request.headers())
    }

    /// What auth-service learns about the browser that sent `request`.
    pub(crate) fn browser_context(&self, request: &HttpRequest) -> BrowserContext {
        BrowserContext::from_request(request, &self.cookie, self.client_address(request))
    }

    /// A request to auth-service on behalf of the browser that sent `request`.
    pub(crate) fn auth_request(&self, request: &HttpRequest, endpoint: AuthEndpoint) -> AuthRequest {
        AuthRequest::new(endpoint, self.browser_context(request))
    }

    /// The layout of a page in this language, without anything about the visitor.
    pub(crate) fn layout(&self, language: Language) -> PageLayout {
        PageLayout::new(self.site.clone(), self.assets.clone(), self.pages.clone(), language)
    }
}
