//! The HTTP clients for one upstream, and what happens if it has closed a connection that was to be used again.

use std::{
    cell::Cell,
    error::Error,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use drawbridge_core::tls::{self, Authorities};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use reqwest::{Body, Client, Method, Request, RequestBuilder, Response, redirect::Policy};
use tokio::{net::TcpStream, time::timeout};
use tower::{BoxError, Service, ServiceExt};

/// How long a connection is kept for the next request. Shorter than what common servers use, such as the 5 s of
/// Node.js, so that the upstream rarely closes a connection just as a request is sent.
const IDLE_CONNECTION_LIFETIME: Duration = Duration::from_secs(4);

/// How many bytes are buffered of each message. A head of this size still fits, and bodies arrive in pieces.
const MESSAGE_BUFFER_BYTES: usize = 64 * 1024;

/// How long a connection to an upstream may be silent before the system tests it.
const TCP_KEEPALIVE: Duration = Duration::from_secs(15);

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
    /// Uses connections again. Without the layers of [`Client`], a request takes less time.
    pooled: legacy::Client<Connector, Body>,
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
        Ok(Self {
            pooled: pooled_client(authorities, connect_timeout),
            single_use: single_use_client(authorities, connect_timeout)?,
            distrust: Arc::new(Distrust::new()),
        })
    }

    /// Sends a request with the pooled client. An upstream may close an idle connection at the moment at which it is used
    /// again. A request that changes nothing and has no body is then sent once more on a new connection; any other may
    /// have been processed already.
    ///
    /// `copy` makes the same request once more.
    pub(crate) async fn execute(
        &self,
        request: RequestBuilder,
        copy: impl FnOnce() -> Option<RequestBuilder>,
    ) -> Result<Response, ExchangeError> {
        let request = request.build()?;
        let copy = is_repeatable(&request).then_some(copy);
        if copy.is_none() && self.distrust.is_recent() {
            return Ok(self.single_use.execute(request).await?);
        }
        let request = hyper::Request::try_from(request)?;
        let exchange = async {
            let result = self.pooled.request(request).await;
            (result, HAS_CONNECTED.with(Cell::get))
        };
        let (result, has_connected) = HAS_CONNECTED.scope(Cell::new(false), exchange).await;
        match result {
            Ok(response) => Ok(response.map(Body::wrap).into()),
            Err(error) if !has_connected && was_closed(&error) => {
                self.distrust.begin();
                match copy.and_then(|copy| copy()) {
                    Some(copy) => Ok(self.single_use.execute(copy.build()?).await?),
                    None => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Why there is no response.
pub(crate) type ExchangeError = BoxError;

fn pooled_client(
    authorities: Option<&Authorities>,
    connect_timeout: Duration,
) -> legacy::Client<Connector, Body> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_keepalive(Some(TCP_KEEPALIVE));
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls::client_config(roots(authorities)))
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION_LIFETIME)
        .http1_max_buf_size(MESSAGE_BUFFER_BYTES)
        .build(Connector(Arc::new(ConnectorParts { https, connect_timeout })))
}

fn single_use_client(
    authorities: Option<&Authorities>,
    connect_timeout: Duration,
) -> Result<Client, reqwest::Error> {
    Client::builder()
        .tls_backend_preconfigured(tls::client_config(roots(authorities)))
        .connect_timeout(connect_timeout)
        .pool_max_idle_per_host(0)
        // The browser follows an upstream's redirects.
        .redirect(Policy::none())
        // What may be sent again is decided here. Without a maximum of 0, each request would be copied in advance.
        .retry(reqwest::retry::never().max_retries_per_request(0))
        // Only an HTTP/1.1 connection can switch to another protocol.
        .http1_only()
        .no_proxy()
        .build()
}

/// Opens connections of the pooled client. Cheap to clone.
#[derive(Clone)]
struct Connector(Arc<ConnectorParts>);

struct ConnectorParts {
    https: HttpsConnector<HttpConnector>,
    connect_timeout: Duration,
}

impl Service<hyper::Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: hyper::Uri) -> Self::Future {
        // An error means that the connection is opened by another task, for later requests.
        let _ = HAS_CONNECTED.try_with(|has_connected| has_connected.set(true));
        let ConnectorParts { https, connect_timeout } = &*self.0;
        Box::pin(timeout_connect(https.clone().oneshot(target), *connect_timeout))
    }
}

async fn timeout_connect<T>(
    connect: impl Future<Output = Result<T, BoxError>>,
    limit: Duration,
) -> Result<T, BoxError> {
    timeout(limit, connect).await?
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
fn was_closed(error: &legacy::Error) -> bool {
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
