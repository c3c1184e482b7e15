//! Calls to a service that runs more than once: spread over its replicas, away from those that are
//! dead, and tried again at another one where that is safe.
//!
//! The replicas are the addresses behind the configured origins. Names are looked up again every few
//! seconds, so that a new replica is found and one that has gone is forgotten.

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

/// How long a look-up of names is used.
const LOOK_UP_EVERY: Duration = Duration::from_secs(5);

/// At how many replicas a call is tried.
const TRIES: usize = 3;

/// How long a replica that is leaving is asked only if there is no other. One that is back is found by then.
const SPARED_FOR: Duration = Duration::from_secs(15);

/// Whether a call may reach more than one replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Doing it twice does the same as doing it once.
    Idempotent,
    /// It is tried again only where the first try cannot have been heard.
    Unheard,
}

/// No replica answered; the text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutOfReach(pub String);

/// A service's replicas. Cheap to clone.
#[derive(Clone)]
pub struct Replicas(Arc<Inner>);

struct Inner {
    service: &'static str,
    origins: Vec<Origin>,
    timeouts: Timeouts,
    metrics: Metrics,
    found: RwLock<Found>,
    looking: AtomicBool,
    /// Held by whoever looks names up, so that each replica stands here once.
    look_ups: tokio::sync::Mutex<()>,
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
    /// When it last closed a connection behind its answer: it is leaving, and whoever asks it in the moment of
    /// its end gets none.
    left: Mutex<Option<Instant>>,
}

impl Replicas {
    /// The replicas of `service` behind `origins`. Nothing is connected yet.
    pub fn new(service: &'static str, origins: Vec<Origin>, timeouts: Timeouts, metrics: &Metrics) -> Self {
        Self(Arc::new(Inner {
            service,
            origins,
            timeouts,
            metrics: metrics.clone(),
            found: RwLock::default(),
            looking: AtomicBool::new(false),
            look_ups: tokio::sync::Mutex::default(),
            turn: AtomicUsize::new(0),
        }))
    }

    /// Makes a call, which `build` describes for a client and an origin.
    ///
    /// An answer is whatever a replica says, 503 if all of those that were tried say so.
    ///
    /// # Errors
    /// When none of them says anything.
    pub async fn send(
        &self,
        retry: Retry,
        build: impl Fn(&Client, &Origin) -> RequestBuilder,
    ) -> Result<Response, OutOfReach> {
        let mut failure = Err(OutOfReach(format!("{} has no address", self.0.service)));
        for replica in self.0.candidates().await?.into_iter().take(TRIES) {
            match replica.breaker.enter() {
                Ok(()) => {}
                Err(open) => {
                    failure = failure.or(Err(replica.out_of_reach(&open)));
                    continue;
                }
            }
            let answer = build(&replica.client, &replica.origin).send().await;
            replica.breaker.ended(answer.is_ok());
            if answer.as_ref().is_ok_and(closes) {
                replica.spare();
            }
            let again = match &answer {
                // What says so may have done half of it.
                Ok(answer) => {
                    retry == Retry::Idempotent && answer.status() == StatusCode::SERVICE_UNAVAILABLE
                }
                Err(error) => error.is_connect() || retry == Retry::Idempotent,
            };
            let answer = answer.map_err(|error| replica.out_of_reach(&format_args!("{error:?}")));
            if !again {
                return answer;
            }
            // A replica that answers says more than one that does not.
            if answer.is_ok() || failure.is_err() {
                failure = answer;
            }
        }
        failure
    }
}

impl Inner {
    /// Whom to try, in this order: those that answered last time, each in its turn; then, if there is
    /// none, those that did not.
    async fn candidates(self: &Arc<Self>) -> Result<Vec<Arc<Replica>>, OutOfReach> {
        let mut replicas = self.replicas().await?;
        if let Some(first) = self.turn.fetch_add(1, Relaxed).checked_rem(replicas.len()) {
            replicas.rotate_left(first);
        }
        let (closed, open): (Vec<_>, Vec<_>) =
            replicas.into_iter().partition(|replica| replica.breaker.is_closed());
        if closed.is_empty() {
            return Ok(open);
        }
        let (mut closed, leaving): (Vec<_>, Vec<_>) =
            closed.into_iter().partition(|replica| !replica.is_leaving());
        closed.extend(leaving);
        // Nobody's request has to find out whether they are back.
        for replica in open {
            if replica.breaker.enter().is_ok() {
                tokio::spawn(async move {
                    let url = format!("{}/health/live", replica.origin);
                    let answer = replica.client.get(url).send().await;
                    replica.breaker.ended(answer.is_ok());
                });
            }
        }
        Ok(closed)
    }

    async fn replicas(self: &Arc<Self>) -> Result<Vec<Arc<Replica>>, OutOfReach> {
        let (replicas, at) = {
            let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
            (found.replicas.clone(), found.at)
        };
        if at.is_some_and(|at| at.elapsed() < LOOK_UP_EVERY) {
            return Ok(replicas);
        }
        if replicas.is_empty() {
            return self.look_up().await;
        }
        // What is known will do meanwhile.
        if !self.looking.swap(true, Relaxed) {
            let this = self.clone();
            tokio::spawn(async move {
                if let Err(error) = this.look_up().await {
                    tracing::warn!(%error, "the replicas that are known are kept");
                }
                this.looking.store(false, Relaxed);
            });
        }
        Ok(replicas)
    }

    async fn look_up(&self) -> Result<Vec<Arc<Replica>>, OutOfReach> {
        let _one_at_a_time = self.look_ups.lock().await;
        let (known, at) = {
            let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
            (found.replicas.clone(), found.at)
        };
        if at.is_some_and(|at| at.elapsed() < LOOK_UP_EVERY) {
            return Ok(known);
        }
        let (mut replicas, mut failure) = (Vec::new(), None);
        for origin in &self.origins {
            let addresses = match self.addresses(origin).await {
                Ok(addresses) => addresses,
                // What is known of this name is kept, and the others do without it.
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
            tracing::warn!(%error, "its other replicas are used");
        }
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        *found = Found { replicas: replicas.clone(), at: Some(Instant::now()) };
        Ok(replicas)
    }

    /// The addresses behind an origin; an origin that is an address is its own.
    async fn addresses(&self, origin: &Origin) -> Result<Vec<Option<SocketAddr>>, OutOfReach> {
        if origin.ip().is_some() {
            return Ok(vec![None]);
        }
        let unknown = |reason: &dyn Display| OutOfReach(format!("{} at {origin}: {reason}", self.service));
        let look_up = tokio::net::lookup_host((origin.host(), origin.port()));
        let found = tokio::time::timeout(self.timeouts.answer, look_up).await;
        let found = found.map_err(|late| unknown(&late))?.map_err(|error| unknown(&error))?;
        let mut addresses: Vec<_> = found.map(Some).collect();
        addresses.sort_unstable();
        addresses.dedup();
        Ok(addresses)
    }

    fn replica(&self, origin: &Origin, address: Option<SocketAddr>) -> Result<Replica, OutOfReach> {
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls::client_config(tls::public_roots()))
            .connect_timeout(self.timeouts.connect)
            .timeout(self.timeouts.answer)
            // Shorter than a service drains: none of its connections that were idle before is used when it ends.
            .pool_idle_timeout(Duration::from_secs(4))
            // A token goes where it was sent and nowhere else.
            .redirect(Policy::none())
            .no_proxy();
        let mut name = format!("{} {}:{}", self.service, origin.host(), origin.port());
        if let Some(address) = address {
            client = client.resolve(origin.host(), address);
            name = format!("{} {address}", self.service);
        }
        let client = client.build().map_err(|error| OutOfReach(error.to_string()))?;
        let breaker = Breaker::new(&name, &self.metrics);
        Ok(Replica { origin: origin.clone(), address, client, breaker, left: Mutex::default() })
    }
}

/// Whether an answer is the last on its connection, as those of a service that drains are.
fn closes(answer: &Response) -> bool {
    answer.headers().get("connection").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

impl Replica {
    fn spare(&self) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_leaving(&self) -> bool {
        let left = *self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.is_some_and(|left| left.elapsed() < SPARED_FOR)
    }

    fn out_of_reach(&self, reason: &impl Display) -> OutOfReach {
        OutOfReach(format!("{}: {reason}", self.breaker.dependency()))
    }
}
