//! Upstreams, the servers behind paths of this origin: their settings, their URLs, and which headers they
//! exchange with browsers.

mod certificate_check;
mod clients;
mod dropped_cookies;
pub(crate) mod headers;
mod network;
mod upstream;

use std::{sync::Arc, time::Duration};

use drawbridge_core::{
    pages_path::{APP_URL, PagesPath},
    settings::{Reader, Setting},
};
use drawbridge_http::cross_site::CrossSitePaths;
use futures_util::future::join_all;

use certificate_check::report_untrusted_certificate;
use clients::UpstreamClients;
use dropped_cookies::DroppedCookies;
pub use upstream::Upstream;
pub(crate) use upstream::is_own_page;
use upstream::own_path;

const UPSTREAMS: Setting = Setting::new(
    "UPSTREAMS",
    "Servers behind paths of the frontend; they receive an access token of their own instead of the cookie \
     ([options](#upstreams)).",
)
.values("`/path=URL [audience=NAME] [host=public|target] [ca=FILE] [redirects=keep] [plain-http]`, separated by commas")
.default("none");
const CROSS_SITE_PATHS: Setting = Setting::new(
    "CROSS_SITE_PATHS",
    "Paths of the application or of servers in `UPSTREAMS` to which pages of other sites may post, such as the callback of \
     an identity or payment provider. These requests never carry the user's session.",
)
.values("paths separated by commas; `/hooks/*` covers everything below `/hooks`")
.default("none");
const UPSTREAM_TIMEOUT: Setting = Setting::new(
    "UPSTREAM_TIMEOUT",
    "How long the application or a server in `UPSTREAMS` can stay silent before the request is abandoned. Event streams \
     must send something more often, such as a comment.",
);

const UPSTREAM_CONNECT_TIMEOUT: Setting = Setting::new(
    "UPSTREAM_CONNECT_TIMEOUT",
    "How long to wait for a connection to `APP_URL` or a server in `UPSTREAMS`, including its TLS handshake.",
);

/// The settings of the upstreams.
#[derive(Debug, Clone)]
pub struct UpstreamConfig {
    /// `APP_URL`: the application that receives all other requests.
    pub app: Option<Upstream>,
    /// `CROSS_SITE_PATHS`.
    pub cross_site_paths: CrossSitePaths,
    /// `UPSTREAMS`.
    pub list: Vec<Upstream>,
    /// `UPSTREAM_TIMEOUT`: how long an upstream can stay silent before the request is abandoned.
    pub timeout: Duration,
    /// `UPSTREAM_CONNECT_TIMEOUT`: how long to wait for a connection.
    pub connect_timeout: Duration,
}

impl UpstreamConfig {
    /// Reads `APP_URL`, `PAGES_PATH`, `UPSTREAMS`, `CROSS_SITE_PATHS` and the time limits.
    pub(crate) fn read(reader: &mut Reader) -> (Self, PagesPath) {
        let app = reader.optional(APP_URL, Upstream::parse_app);
        let pages = PagesPath::read_beside(reader, app.is_some());
        let list = reader.optional(UPSTREAMS, |text| Upstream::parse_list(text, &pages)).unwrap_or_default();
        let default = Duration::from_mins(1);
        let bounds = Duration::from_millis(100)..=Duration::from_hours(1);
        let cross_site_paths = read_cross_site_paths(reader, &pages);
        let timeout = reader.duration(UPSTREAM_TIMEOUT, default, bounds);
        let bounds = Duration::from_millis(10)..=Duration::from_mins(1);
        let connect_timeout = reader.duration(UPSTREAM_CONNECT_TIMEOUT, Duration::from_secs(5), bounds);
        (Self { app, cross_site_paths, list, timeout, connect_timeout }, pages)
    }
}

/// Reads `CROSS_SITE_PATHS`. Drawbridge's own pages accept no forms of other sites.
fn read_cross_site_paths(reader: &mut Reader, pages: &PagesPath) -> CrossSitePaths {
    let paths = reader.optional(CROSS_SITE_PATHS, CrossSitePaths::parse).unwrap_or_default();
    for path in paths.iter() {
        if let Some(own) = own_path(path.trim_end_matches("/*"), pages) {
            let reason = format_args!("contains {path}, but {own} belongs to Drawbridge");
            reader.invalid(CROSS_SITE_PATHS.name, reason);
        }
    }
    paths
}

/// The upstreams, and the HTTP clients for them.
#[derive(Clone)]
pub(crate) struct Upstreams {
    /// How long an upstream can stay silent before the request is abandoned.
    pub(crate) timeout: Duration,
    /// The cookies of upstreams that were not passed on.
    pub(crate) dropped_cookies: Arc<DroppedCookies>,
    app: Option<UpstreamRoute>,
    list: Vec<UpstreamRoute>,
}

/// An upstream, and the HTTP clients for it.
#[derive(Clone)]
pub(crate) struct UpstreamRoute {
    pub(crate) upstream: Upstream,
    pub(crate) clients: UpstreamClients,
}

impl UpstreamRoute {
    fn new(upstream: Upstream, connect_timeout: Duration) -> Result<Self, reqwest::Error> {
        let clients = UpstreamClients::new(upstream.authorities.as_ref(), connect_timeout)?;
        Ok(Self { upstream, clients })
    }
}

impl Upstreams {
    pub(crate) fn new(config: UpstreamConfig) -> Result<Self, reqwest::Error> {
        let route = |upstream| UpstreamRoute::new(upstream, config.connect_timeout);
        Ok(Self {
            timeout: config.timeout,
            dropped_cookies: Arc::default(),
            app: config.app.map(route).transpose()?,
            list: config.list.into_iter().map(route).collect::<Result<_, _>>()?,
        })
    }

    /// The paths of this origin that belong to upstreams.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|route| route.upstream.prefix.as_str())
    }

    /// The upstream for a path.
    pub(crate) fn find(&self, path: &str) -> Option<&UpstreamRoute> {
        self.list.iter().find(|route| route.upstream.covers(path)).or(self.app.as_ref())
    }

    /// Logs an error for each upstream whose certificate is not trusted.
    pub(crate) fn report_untrusted_certificates(
        &self,
        timeout: Duration,
    ) -> impl Future<Output = ()> + use<> {
        let upstreams = self.list.iter().chain(&self.app).map(|route| route.upstream.clone());
        let checks: Vec<_> =
            upstreams.map(|upstream| report_untrusted_certificate(upstream, timeout)).collect();
        async {
            join_all(checks).await;
        }
    }

    /// The application of `APP_URL`.
    pub(crate) fn app(&self) -> Option<&UpstreamRoute> {
        self.app.as_ref()
    }

    /// Returns true if there is an application, which receives all requests that no other path claims.
    pub(crate) fn has_app(&self) -> bool {
        self.app.is_some()
    }
}
