//! Calls to a service with several replicas. Calls are spread over the reachable replicas, and retried on another one
//! where that is safe.
//!
//! The replicas are the addresses behind the configured origins. Names are resolved again every few seconds, so new
//! replicas are found and old ones forgotten.

use std::{
    fmt::Display,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect::Policy};

use drawbridge_core::{breaker::Breaker, metrics::Metrics, origin::Origin, settings::Timeouts, tls};

/// How long resolved addresses are used.
const RESOLVE_INTERVAL: Duration = Duration::from_secs(5);

/// The maximum number of replicas tried for one call.
const MAX_TRIES: usize = 3;

/// How long a draining replica is avoided: it is used only if there is no other. By then, a restarted replica
/// has been found.
const AVOID_DRAINING_FOR: Duration = Duration::from_secs(15);

/// Whether a call may reach more than one replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Sending it twice has the same effect as sending it once.
    Idempotent,
    /// It is retried only if the first try cannot have reached a replica.
    OnlyIfUnsent,
}

/// No replica answered. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// The replicas of a service. Cheap to clone.
#[derive(Clone)]
pub struct Replicas(Arc<Inner>);

struct Inner {
    service: &'static str,
    origins: Vec<Origin>,
    timeouts: Timeouts,
    metrics: Metrics,
    found: RwLock<Found>,
    is_resolving: AtomicBool,
    /// Held while names are resolved, so that no replica is listed twice.
    resolving: tokio::sync::Mutex<()>,
    turn: AtomicUsize,
}

#[derive(Default)]
struct Found {
    replicas: Vec<Arc<Replica>>,
    at: Option<Instant>,
}

struct Replica {
    origin: Origin,
    address: Option<SocketAddr>,
    client: Client,
    breaker: Breaker,
    /// When it last closed a connection after a response: it is draining, and a request sent at the moment it stops
    /// would be lost.
    draining_since: Mutex<Option<Instant>>,
}

impl Replicas {
    /// The replicas of `service` behind `origins`. Connects on first use.
    pub fn new(service: &'static str, origins: Vec<Origin>, timeouts: Timeouts, metrics: &Metrics) -> Self {
        Self(Arc::new(Inner {
            service,
            origins,
            timeouts,
            metrics: metrics.clone(),
            found: RwLock::default(),
            is_resolving: AtomicBool::new(false),
            resolving: tokio::sync::Mutex::default(),
            turn: AtomicUsize::new(0),
        }))
    }

    /// Makes the call that `build` describes for a client and an origin.
    ///
    /// Returns the first response. An idempotent call is retried on another replica after a 503, which is
    /// returned if no other replica responds differently.
    ///
    /// # Errors
    /// No replica responded.
    pub async fn send(
        &self,
        retry: Retry,
        build: impl Fn(&Client, &Origin) -> RequestBuilder,
    ) -> Result<Response, Unreachable> {
        let mut failure = Err(Unreachable(format!("{} has no address", self.0.service)));
        for replica in self.0.candidates().await?.into_iter().take(MAX_TRIES) {
            match replica.breaker.enter() {
                Ok(()) => {}
                Err(open) => {
                    failure = failure.or(Err(replica.unreachable(&open)));
                    continue;
                }
            }
            let answer = build(&replica.client, &replica.origin).send().await;
            replica.breaker.record(answer.is_ok());
            if answer.as_ref().is_ok_and(closes) {
                replica.avoid();
            }
            let is_retried = match &answer {
                // A replica that answers 503 may have done half of the work.
                Ok(answer) => {
                    retry == Retry::Idempotent && answer.status() == StatusCode::SERVICE_UNAVAILABLE
                }
                Err(error) => error.is_connect() || retry == Retry::Idempotent,
            };
            let answer = answer.map_err(|error| replica.unreachable(&format_args!("{error:?}")));
            if !is_retried {
                return answer;
            }
            // A response says more than an error.
            if answer.is_ok() || failure.is_err() {
                failure = answer;
            }
        }
        failure
    }
}

impl Inner {
    /// The replicas to try, in order: those that are reachable, in rotation, or else those that are not.
    async fn candidates(self: &Arc<Self>) -> Result<Vec<Arc<Replica>>, Unreachable> {
        let mut replicas = self.replicas().await?;
        if let Some(first) = self.turn.fetch_add(1, Relaxed).checked_rem(replicas.len()) {
            replicas.rotate_left(first);
        }
        let (closed, open): (Vec<_>, Vec<_>) =
            replicas.into_iter().partition(|replica| replica.breaker.is_closed());
        if closed.is_empty() {
            return Ok(open);
        }
        let (mut closed, draining): (Vec<_>, Vec<_>) =
            closed.into_iter().partition(|replica| !replica.is_draining());
        closed.extend(draining);
        // Probe the unreachable ones in the background, so that no request has to wait for them.
        for replica in open {
            if replica.breaker.enter().is_ok() {
                tokio::spawn(async move {
                    let url = format!("{}/health/live", replica.origin);
                    let answer = replica.client.get(url).send().await;
                    replica.breaker.record(answer.is_ok());
                });
            }
        }
        Ok(closed)
    }

    async fn replicas(self: &Arc<Self>) -> Result<Vec<Arc<Replica>>, Unreachable> {
        let (replicas, at) = {
            let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
            (found.replicas.clone(), found.at)
        };
        if at.is_some_and(|at| at.elapsed() < RESOLVE_INTERVAL) {
            return Ok(replicas);
        }
        if replicas.is_empty() {
            return self.resolve().await;
        }
        // Use the known addresses in the meantime.
        if !self.is_resolving.swap(true, Relaxed) {
            let this = self.clone();
            tokio::spawn(async move {
                if let Err(error) = this.resolve().await {
                    tracing::warn!(%error, "cannot resolve replicas; keeping the known ones");
                }
                this.is_resolving.store(false, Relaxed);
            });
        }
        Ok(replicas)
    }

    async fn resolve(&self) -> Result<Vec<Arc<Replica>>, Unreachable> {
        let _one_at_a_time = self.resolving.lock().await;
        let (known, at) = {
            let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
            (found.replicas.clone(), found.at)
        };
        if at.is_some_and(|at| at.elapsed() < RESOLVE_INTERVAL) {
            return Ok(known);
        }
        let (mut replicas, mut failure) = (Vec::new(), None);
        for origin in &self.origins {
            let addresses = match self.addresses(origin).await {
                Ok(addresses) => addresses,
                // Keep the known addresses of this name, and resolve the others.
                Err(error) => {
                    replicas.extend(known.iter().filter(|replica| replica.origin == *origin).cloned());
                    failure = Some(error);
                    continue;
                }
            };
            for address in addresses {
                let same = |replica: &&Arc<Replica>| replica.origin == *origin && replica.address == address;
                replicas.push(match known.iter().find(same) {
                    Some(replica) => replica.clone(),
                    None => Arc::new(self.replica(origin, address)?),
                });
            }
        }
        if let Some(error) = failure {
            if replicas.is_empty() {
                return Err(error);
            }
            tracing::warn!(%error, "cannot resolve all replicas; using the others");
        }
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        *found = Found { replicas: replicas.clone(), at: Some(Instant::now()) };
        Ok(replicas)
    }

    /// Resolves an origin. `None` means that the origin is already an address.
    async fn addresses(&self, origin: &Origin) -> Result<Vec<Option<SocketAddr>>, Unreachable> {
        if origin.ip().is_some() {
            return Ok(vec![None]);
        }
        let unknown = |reason: &dyn Display| Unreachable(format!("{} at {origin}: {reason}", self.service));
        let look_up = tokio::net::lookup_host((origin.host(), origin.port()));
        let found = tokio::time::timeout(self.timeouts.answer, look_up).await;
        let found = found.map_err(|late| unknown(&late))?.map_err(|error| unknown(&error))?;
        let mut addresses: Vec<_> = found.map(Some).collect();
        addresses.sort_unstable();
        addresses.dedup();
        Ok(addresses)
    }

    fn replica(&self, origin: &Origin, address: Option<SocketAddr>) -> Result<Replica, Unreachable> {
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls::client_config(tls::trusted_roots()))
            .connect_timeout(self.timeouts.connect)
            .timeout(self.timeouts.answer)
            // Shorter than the time a service drains, so that no idle connection is reused just as the service stops.
            .pool_idle_timeout(Duration::from_secs(4))
            // A token must not follow a redirect.
            .redirect(Policy::none())
            .no_proxy();
        let mut name = format!("{} {}:{}", self.service, origin.host(), origin.port());
        if let Some(address) = address {
            client = client.resolve(origin.host(), address);
            name = format!("{} {address}", self.service);
        }
        let client = client.build().map_err(|error| Unreachable(error.to_string()))?;
        let breaker = Breaker::new(&name, &self.metrics);
        Ok(Replica { origin: origin.clone(), address, client, breaker, draining_since: Mutex::default() })
    }
}

/// Returns true if the response is the last on its connection, as from a draining service.
fn closes(answer: &Response) -> bool {
    answer.headers().get("connection").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

impl Replica {
    fn avoid(&self) {
        *self.draining_since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_draining(&self) -> bool {
        let left = *self.draining_since.lock().unwrap_or_else(PoisonError::into_inner);
        left.is_some_and(|left| left.elapsed() < AVOID_DRAINING_FOR)
    }

    fn unreachable(&self, reason: &impl Display) -> Unreachable {
        Unreachable(format!("{}: {reason}", self.breaker.dependency()))
    }
}
