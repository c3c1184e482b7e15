//! The HTTP clients for one upstream, and what happens if it has closed a connection that was to be used again.

use std::{
    cell::Cell,
    error::Error,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use drawbridge_core::tls::{self, Authorities};
use reqwest::{Client, ClientBuilder, Method, Request, RequestBuilder, Response, redirect::Policy};
use tower::util::MapRequestLayer;

/// How long a connection is kept for the next request. Shorter than what common servers use, such as the 5 s of
/// Node.js, so that the upstream rarely closes a connection just as a request is sent.
const IDLE_CONNECTION_LIFETIME: Duration = Duration::from_secs(4);

/// How long new connections are used for requests that cannot be repeated, after the upstream has closed a connection
/// that a request was sent on.
const DISTRUST_TIME: Duration = Duration::from_mins(10);

tokio::task_local! {
    /// Whether the request of this task has opened a connection.
    static HAS_CONNECTED: Cell<bool>;
}

/// The HTTP clients for one upstream.
#[derive(Clone)]
pub(crate) struct UpstreamClients {
    /// Uses connections again.
    pub(crate) pooled: Client,
    /// Never uses a connection again.
    pub(crate) single_use: Client,
    distrust: Arc<Distrust>,
}

impl UpstreamClients {
    /// Clients that trust `authorities`, or else the usual ones.
    pub(super) fn new(
        authorities: Option<&Authorities>,
        connect_timeout: Duration,
    ) -> Result<Self, reqwest::Error> {
        let builder = || client_builder(authorities, connect_timeout);
        Ok(Self {
            pooled: builder().pool_idle_timeout(IDLE_CONNECTION_LIFETIME).build()?,
            single_use: builder().pool_max_idle_per_host(0).build()?,
            distrust: Arc::new(Distrust::new()),
        })
    }

    /// Sends a request of the pooled client. An upstream may close an idle connection at the moment at which it is used
    /// again. A request that changes nothing and has no body is then sent once more on a new connection; any other may
    /// have been processed already.
    pub(crate) async fn execute(&self, request: RequestBuilder) -> Result<Response, reqwest::Error> {
        let request = request.build()?;
        let copy = if is_repeatable(&request) { request.try_clone() } else { None };
        if copy.is_none() && self.distrust.is_recent() {
            return self.single_use.execute(request).await;
        }
        let exchange = async {
            let result = self.pooled.execute(request).await;
            (result, HAS_CONNECTED.with(Cell::get))
        };
        let (result, has_connected) = HAS_CONNECTED.scope(Cell::new(false), exchange).await;
        match result {
            Err(error) if !has_connected && was_closed(&error) => {
                self.distrust.begin();
                match copy {
                    Some(copy) => self.single_use.execute(copy).await,
                    None => Err(error),
                }
            }
            result => result,
        }
    }
}

fn client_builder(authorities: Option<&Authorities>, connect_timeout: Duration) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls::client_config(roots(authorities)))
        .connect_timeout(connect_timeout)
        .connector_layer(MapRequestLayer::new(|target| {
            // An error means that the connection is opened by another task, for later requests.
            let _ = HAS_CONNECTED.try_with(|has_connected| has_connected.set(true));
            target
        }))
        // The browser follows an upstream's redirects.
        .redirect(Policy::none())
        // What may be sent again is decided here. Without a maximum of 0, each request would be copied in advance.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        // Only an HTTP/1.1 connection can switch to another protocol.
        .http1_only()
        .no_proxy()
}

/// The authorities that an upstream's certificate is checked against.
pub(super) fn roots(authorities: Option<&Authorities>) -> rustls::RootCertStore {
    authorities.map_or_else(tls::trusted_roots, Authorities::roots)
}

/// Returns true if it makes no difference to the upstream how often it receives this request.
fn is_repeatable(request: &Request) -> bool {
    request.body().is_none() && matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Returns true if the connection was closed before any part of the response arrived.
fn was_closed(error: &reqwest::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};

    let is_closed = |cause: &(dyn Error + 'static)| {
        if let Some(http) = cause.downcast_ref::<hyper::Error>() {
            return http.is_incomplete_message() || http.is_closed() || http.is_canceled();
        }
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        kind.is_some_and(|kind| {
            matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof)
        })
    };
    let mut cause = error.source();
    while let Some(error) = cause {
        if is_closed(error) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether the upstream has lately closed a connection that a request was sent on.
struct Distrust {
    start: Instant,
    /// When it did so, in milliseconds after `start`; 0 for never.
    last_ms: AtomicU64,
}

impl Distrust {
    fn new() -> Self {
        Self { start: Instant::now(), last_ms: AtomicU64::new(0) }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn begin(&self) {
        self.last_ms.store(self.elapsed_ms().max(1), Relaxed);
    }

    fn is_recent(&self) -> bool {
        let last = self.last_ms.load(Relaxed);
        last != 0 && u128::from(self.elapsed_ms() - last) < DISTRUST_TIME.as_millis()
    }
}
