//! Counts instructions: starts the services, sends the requests and reads the profiles.

use std::{
    collections::BTreeMap,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};

use crate::{
    baseline::Cost,
    callgrind::Callgrind,
    compare::as_float,
    fixture::Fixture,
    http::{Http, Request},
    operation::Operation,
    profile::Profile,
    redis::Redis,
    service::Service,
};

/// The number of windows per operation. The result is their median.
const WINDOWS: usize = 7;

/// The number of windows that may be repeated because a request took another path, for example when the machine was
/// busy.
const REPEATS: usize = 10;

/// The number of requests of an operation before the first window.
const WARM_UP_REQUESTS: u32 = 10;

/// The pause after each answer, in which the service finishes its work and goes to sleep. Without it, the next request
/// sometimes arrives earlier, which saves the service a system call.
const PAUSE: Duration = Duration::from_millis(1);

/// The pause after a change in Redis, in which the service receives the notification.
const NOTIFICATION_PAUSE: Duration = Duration::from_millis(15);

/// How long a service under callgrind may take to start.
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// The instructions to add to each request of an operation.
pub(crate) type Burn<'a> = &'a dyn Fn(Operation) -> u64;

/// Counts what one request of each of these operations costs.
pub(crate) fn measure(
    operations: &[Operation],
    burn: Option<Burn>,
) -> anyhow::Result<BTreeMap<Operation, Cost>> {
    let mut fixture = Fixture::start()?;
    let mut costs = BTreeMap::new();
    for service in [Service::Verify, Service::Guard, Service::Frontend, Service::Auth] {
        let own = operations.iter().copied().filter(|operation| operation.service() == service);
        let own: Vec<_> = own.collect();
        // The additional instructions are fixed when a service starts, and differ between operations.
        let per_start = if burn.is_some() { 1 } else { own.len().max(1) };
        for group in own.chunks(per_start) {
            let burn = burn.zip(group.first()).map_or(0, |(burn, operation)| burn(*operation));
            let mut counter = Counter::start(&mut fixture, service, burn)?;
            for operation in group {
                let cost = counter.count(*operation);
                costs.insert(*operation, cost.with_context(|| operation.name())?);
            }
        }
    }
    Ok(costs)
}

/// A service under callgrind, and what is needed to send it requests.
struct Counter<'a> {
    fixture: &'a mut Fixture,
    callgrind: Callgrind,
    http: Http,
    metrics_port: u16,
    redis: Redis,
}

/// The metrics that show which path requests took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    verified: u64,
    tokens: u64,
}

impl<'a> Counter<'a> {
    fn start(fixture: &'a mut Fixture, service: Service, burn: u64) -> anyhow::Result<Self> {
        fixture.prepare_for(service)?;
        let (command, port, metrics_port) = fixture.command(service, burn)?;
        let mut callgrind = Callgrind::start(&command, &fixture.folder().join(format!("counted-{port}")))?;
        let started = Instant::now();
        while let Err(error) = check_ready(service, port, metrics_port) {
            if started.elapsed() > START_TIMEOUT {
                return Err(error.context(format!("{} did not start: {}", service.name(), callgrind.log())));
            }
            sleep(Duration::from_millis(50));
        }
        callgrind.start_counting()?;
        callgrind.find_background_threads()?;
        let http = Http::connect(port)?;
        let redis = Redis::connect(fixture.redis_port())?;
        Ok(Self { fixture, callgrind, http, metrics_port, redis })
    }

    /// Counts the cost of one request.
    fn count(&mut self, operation: Operation) -> anyhow::Result<Cost> {
        self.warm_up(operation)?;
        let requests = operation.requests_per_window();
        let mut windows = Vec::new();
        let mut before = self.seen(operation)?;
        for _ in 0..WINDOWS + REPEATS {
            self.callgrind.discard_profile()?;
            for _ in 0..requests {
                self.request(operation)?;
            }
            let profile = self.callgrind.take_profile()?;
            let now = self.seen(operation)?;
            if expected(operation, before) == now {
                windows.push(profile);
            }
            before = now;
            if windows.len() == WINDOWS {
                return cost(operation, windows);
            }
        }
        bail!("only {} of {} windows took the expected path", windows.len(), WINDOWS + REPEATS)
    }

    fn warm_up(&mut self, operation: Operation) -> anyhow::Result<()> {
        if operation.service() != Service::Auth {
            // Send each token twice: the first request may find that the cache is not trusted yet.
            for token in [self.fixture.known_tokens(), self.fixture.known_tokens()].concat() {
                self.send(operation, &token)?;
            }
        }
        for _ in 0..WARM_UP_REQUESTS {
            self.request(operation)?;
        }
        Ok(())
    }

    /// Sends one request of the operation.
    fn request(&mut self, operation: Operation) -> anyhow::Result<()> {
        let (user, known) = self.fixture.usual_person()?;
        match operation {
            Operation::VerifyHot
            | Operation::AuthRequestHot
            | Operation::GuardPage
            | Operation::ProxiedPage => self.send(operation, &known),
            Operation::VerifyNewToken => {
                let token = self.fixture.next_new_token()?;
                self.send(operation, &token)
            }
            Operation::VerifyRedisHit | Operation::VerifyMiss => {
                // The record is missing if the service did not trust Redis for a moment. The metrics will show it.
                if let Some(key) = self.redis.record_key(&user)? {
                    match operation {
                        Operation::VerifyMiss => self.redis.delete(&key)?,
                        _ => self.redis.rewrite(&key)?,
                    }
                }
                sleep(NOTIFICATION_PAUSE);
                self.send(operation, &known)
            }
            Operation::LoginWithoutHash => {
                let login = self.fixture.next_login()?;
                self.http.expect(&login, 200)?;
                sleep(PAUSE);
                Ok(())
            }
        }
    }

    fn send(&mut self, operation: Operation, token: &str) -> anyhow::Result<()> {
        let request = match operation {
            Operation::AuthRequestHot => Request::get("/auth-request"),
            Operation::GuardPage => Request::get("/private"),
            Operation::ProxiedPage => Request::get("/page"),
            _ => Request::post("/api/verify"),
        };
        self.http.expect(&request.with_token(token), 200)?;
        sleep(PAUSE);
        Ok(())
    }

    fn seen(&self, operation: Operation) -> anyhow::Result<Seen> {
        // Use a separate connection, which is not open while requests are counted.
        let shown = Http::connect(self.metrics_port)?.expect(&Request::get("/metrics"), 200)?;
        sleep(PAUSE);
        let verified = operation.layer().map_or(0, |layer| {
            shown.metric(&format!("drawbridge_verifications_total{{outcome=\"ok\",layer=\"{layer}\"}}"))
        });
        Ok(Seen { verified, tokens: shown.metric("drawbridge_cache_entries{cache=\"tokens\"}") })
    }
}

/// Fails unless the service is ready and trusts its cache.
fn check_ready(service: Service, port: u16, metrics_port: u16) -> anyhow::Result<()> {
    Http::connect(port)?.expect(&Request::get(service.readiness_path()), 200)?;
    let metrics = Http::connect(metrics_port)?.expect(&Request::get("/metrics"), 200)?;
    let is_trusted = metrics.metric("drawbridge_cache_trusted{}") == 1;
    // auth-service always reads the database.
    ensure!(is_trusted || service == Service::Auth, "the cache is not trusted yet");
    Ok(())
}

/// The metrics after a window in which every request took the operation's path.
fn expected(operation: Operation, before: Seen) -> Seen {
    let requests = u64::from(operation.requests_per_window());
    Seen {
        verified: before.verified + operation.layer().map_or(0, |_| requests),
        tokens: before.tokens + if operation == Operation::VerifyNewToken { requests } else { 0 },
    }
}

/// The cost of one request: the median of the windows.
fn cost(operation: Operation, mut windows: Vec<Profile>) -> anyhow::Result<Cost> {
    let requests = u64::from(operation.requests_per_window());
    for window in &mut windows {
        let has_hash = window.functions.keys().any(|name| !operation.counts(name));
        // An inlined hash would be counted as part of its caller.
        ensure!(
            has_hash || operation != Operation::LoginWithoutHash,
            "bcrypt does not appear in the profile"
        );
        window.functions.retain(|name, _| operation.counts(name));
    }
    let mut allocations: Vec<_> = windows.iter().map(|window| window.allocations).collect();
    allocations.sort_unstable();
    let allocations = allocations.get(allocations.len() / 2).copied().unwrap_or(0);
    windows.sort_by_key(Profile::instructions);
    let (least, most) = (windows.first(), windows.last());
    let extreme = |window: Option<&Profile>| window.map_or(0.0, |window| as_float(window.instructions()));
    let range = extreme(most) - extreme(least);
    let median = windows.get(windows.len() / 2).cloned().unwrap_or_default();
    let functions = median.functions.iter().map(|(name, cost)| (name.clone(), cost / requests));
    Ok(Cost {
        instructions: median.instructions() / requests,
        allocations: (as_float(allocations) / as_float(requests) * 10.0).round() / 10.0,
        functions: functions.filter(|(_, cost)| *cost > 0).collect(),
        spread_percent: (range / as_float(median.instructions()) * 10_000.0).round() / 100.0,
    })
}
