//! Running services until they are asked to stop.

use std::{io, net::SocketAddr, pin::pin, time::Duration};

use actix_web::dev;
use futures_util::future::select_all;
use tokio::{signal::unix, task::JoinHandle};

use crate::draining::{Draining, OpenWorkList};
use drawbridge_core::settings::Listen;

/// How long open requests may take after the signal to stop.
pub const SHUTDOWN_SECONDS: u64 = 10;

/// How long streams without an end of their own go on after that signal.
const STREAM_GRACE: Duration = Duration::from_millis(500);

/// How long a connection may be idle. Load balancers usually close theirs after 60 s and must be the first to do so:
/// otherwise they might send a request on a connection that is just being closed.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A service that is bound to its port.
pub struct Server {
    name: &'static str,
    port: u16,
    server: dev::Server,
    internal: Option<(u16, dev::Server)>,
    background: Vec<JoinHandle<()>>,
    draining: Draining,
}

/// Why a service could not start, in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is in use or not permitted.
    #[error("cannot listen on {address} ({service}): {reason}", address = SocketAddr::new(listen.address, listen.port))]
    Listen {
        /// The service.
        service: &'static str,
        /// The address it was configured with.
        listen: Listen,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A dependency that is needed at start is missing.
    #[error("{service} cannot start: {reason}")]
    Dependency {
        /// The service.
        service: &'static str,
        /// What is wrong and what to do.
        reason: String,
    },
}

impl StartError {
    /// The operating system refused the address.
    pub fn listen(service: &'static str, listen: Listen, error: &io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "another program uses this port; stop it or choose another port".to_owned()
            }
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need privileges; choose another one".to_owned()
            }
            io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
            _ => error.to_string(),
        };
        Self::Listen { service, listen, reason }
    }

    /// A dependency is missing.
    pub fn dependency(service: &'static str, reason: impl ToString) -> Self {
        Self::Dependency { service, reason: reason.to_string() }
    }
}

impl Server {
    /// Wraps a server that is bound to `port`, with the tasks that end with it.
    pub fn new(
        name: &'static str,
        port: u16,
        server: dev::Server,
        background: Vec<JoinHandle<()>>,
        draining: Draining,
    ) -> Self {
        Self { name, port, server, internal: None, background, draining }
    }

    /// Adds a server on the internal port.
    #[must_use]
    pub fn with_internal(mut self, port: u16, server: dev::Server) -> Self {
        self.internal = Some((port, server));
        self
    }

    /// The name of the service.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the service is stopping.
    pub(crate) fn draining(&self) -> &Draining {
        &self.draining
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port for metrics and for other services of the deployment.
    pub fn internal_port(&self) -> Option<u16> {
        self.internal.as_ref().map(|(port, _)| *port)
    }

    /// Serves until SIGINT or SIGTERM.
    pub async fn run(self) -> io::Result<()> {
        run_all(vec![self]).await
    }

    /// Serves until the returned handle is stopped or dropped with its runtime.
    pub fn spawn(self) -> dev::ServerHandle {
        let handle = self.server.handle();
        actix_web::rt::spawn(self.server);
        if let Some((_, internal)) = self.internal {
            actix_web::rt::spawn(internal);
        }
        handle
    }
}

/// Exits the program; on failure with one line on standard error.
///
/// Abandoned work, such as a query on a frozen database, does not delay the exit.
pub fn exit(program: &str, result: Result<(), impl std::fmt::Display>) -> ! {
    use io::Write;
    let status = match result {
        Ok(()) => 0,
        Err(error) => {
            // If standard error is closed, the error cannot be reported.
            let text = format!("{error:#}");
            let prefix = if text.starts_with(program) { String::new() } else { format!("{program}: ") };
            let _ = writeln!(io::stderr(), "{prefix}{text}");
            1
        }
    };
    std::process::exit(status)
}

/// Runs `servers` until SIGINT or SIGTERM, or until one of them fails. Open requests then have
/// [`SHUTDOWN_SECONDS`] to finish; event streams and WebSockets are ended. After SIGTERM the servers keep listening for [`Draining::time`], so that load
/// balancers can send requests elsewhere first.
pub async fn run_all(servers: Vec<Server>) -> io::Result<()> {
    let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let mut handles = Vec::new();
    let mut background = Vec::new();
    let mut draining = Vec::new();
    let mut running = Vec::new();
    for server in servers {
        tracing::info!(service = server.name, port = server.port, "listening");
        handles.push(server.server.handle());
        background.extend(server.background);
        draining.push(server.draining);
        running.push(actix_web::rt::spawn(server.server));
        if let Some((_, internal)) = server.internal {
            handles.push(internal.handle());
            running.push(actix_web::rt::spawn(internal));
        }
    }
    let mut ended = select_all(running);
    let first = tokio::select! {
        _ = interrupt.recv() => None,
        _ = terminate.recv() => {
            drain(&draining, &mut interrupt, &mut terminate).await;
            None
        }
        (result, _, _) = &mut ended => Some(result),
    };
    tracing::info!("stopping");
    // The last response on each connection says that no other follows.
    draining.iter().for_each(Draining::begin);
    let stopped = futures_util::future::join_all(handles.iter().map(|handle| handle.stop(true)));
    let grace = Duration::from_secs(SHUTDOWN_SECONDS + 1);
    tokio::select! {
        stopped = tokio::time::timeout(grace, finish_requests(&draining, stopped)) => {
            if stopped.is_err() {
                tracing::warn!("some requests did not finish in time");
            }
        }
        // A second signal means: stop now.
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    background.iter().for_each(JoinHandle::abort);
    match first {
        None => Ok(()),
        Some(Ok(result)) => result,
        Some(Err(error)) => Err(io::Error::other(error)),
    }
}

/// Waits until all servers have `stopped`, says what they still wait for, and ends the streams that have no end.
async fn finish_requests<T>(draining: &[Draining], stopped: impl Future<Output = T>) {
    let mut stopped = pin!(stopped);
    if tokio::time::timeout(STREAM_GRACE, &mut stopped).await.is_ok() {
        return;
    }
    let open = OpenWorkList::new(draining);
    if !open.is_empty() {
        tracing::warn!(
            "stopping: {open} still open. Event streams and WebSockets are closed now; anything else has \
             {SHUTDOWN_SECONDS} s. Send the signal again to stop now"
        );
    }
    draining.iter().for_each(Draining::end_streams);
    stopped.await;
}

/// Drains for the longest time of all services, or until a second signal.
async fn drain(draining: &[Draining], interrupt: &mut unix::Signal, terminate: &mut unix::Signal) {
    draining.iter().for_each(Draining::begin);
    let time = draining.iter().map(Draining::time).max().unwrap_or_default();
    if time.is_zero() {
        return;
    }
    tracing::info!(seconds = time.as_secs_f64(), "draining");
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
