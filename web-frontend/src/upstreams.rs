//! Upstreams, the servers behind paths of this origin: their settings, their URLs, and which headers they
//! exchange with browsers.

pub(crate) mod headers;
mod network;
mod upstream;

use std::time::Duration;

use drawbridge_core::{
    settings::{Reader, Setting, Timeouts},
    tls,
};
use reqwest::{Client, ClientBuilder, redirect::Policy};

pub use upstream::Upstream;

const UPSTREAMS: Setting = Setting::new(
    "UPSTREAMS",
    "Servers behind paths of the frontend; they receive an access token of their own instead of the cookie \
     ([options](#upstreams)).",
)
.values("`/path=URL [audience=NAME] [plain-http]`, separated by commas")
.default("none");
const UPSTREAM_TIMEOUT: Setting = Setting::new(
    "UPSTREAM_TIMEOUT",
    "How long a server in `UPSTREAMS` can stay silent before the request is abandoned.",
);

/// The settings of the upstreams.
#[derive(Debug, Clone)]
pub struct UpstreamConfig {
    /// `UPSTREAMS`.
    pub list: Vec<Upstream>,
    /// `UPSTREAM_TIMEOUT`: how long an upstream can stay silent before the request is abandoned.
    pub timeout: Duration,
}

impl UpstreamConfig {
    /// Reads `UPSTREAMS` and `UPSTREAM_TIMEOUT`.
    pub(crate) fn read(reader: &mut Reader) -> Self {
        let default = Duration::from_mins(1);
        let bounds = Duration::from_millis(100)..=Duration::from_hours(1);
        Self {
            list: reader.optional(UPSTREAMS, Upstream::parse_list).unwrap_or_default(),
            timeout: reader.duration(UPSTREAM_TIMEOUT, default, bounds),
        }
    }
}

/// The upstreams, and the HTTP clients for them.
#[derive(Clone)]
pub(crate) struct Upstreams {
    pub(crate) client: Client,
    /// The client for connections that switch to another protocol. It never reuses a connection.
    pub(crate) upgrade_client: Client,
    /// How long an upstream can stay silent before the request is abandoned.
    pub(crate) timeout: Duration,
    list: Vec<Upstream>,
}

impl Upstreams {
    pub(crate) fn new(config: UpstreamConfig, timeouts: Timeouts) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: client_builder(timeouts).build()?,
            upgrade_client: client_builder(timeouts).pool_max_idle_per_host(0).build()?,
            timeout: config.timeout,
            list: config.list,
        })
    }

    /// The paths of this origin that belong to upstreams.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|upstream| upstream.prefix.as_str())
    }

    /// The upstream for a path.
    pub(crate) fn find(&self, path: &str) -> Option<&Upstream> {
        self.list.iter().find(|upstream| upstream.covers(path))
    }
}

fn client_builder(timeouts: Timeouts) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls::client_config(tls::public_roots()))
        .connect_timeout(timeouts.connect)
        // The browser follows an upstream's redirects.
        .redirect(Policy::none())
        // Only an HTTP/1.1 connection can switch to another protocol.
        .http1_only()
        .no_proxy()
}
