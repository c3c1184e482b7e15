//! A service that listens, and how one or several run until they are told to stop.

use std::{io, time::Duration};

use actix_web::dev;
use futures_util::future::select_all;
use tokio::{signal::unix, task::JoinHandle};

use crate::draining::Draining;
use drawbridge_core::settings::Listen;

/// How long requests under way may take after the signal to stop.
pub const SHUTDOWN_SECONDS: u64 = 10;

/// How long a connection may be idle. Longer than the balancers in front keep theirs (60 s, as a rule): whoever
/// closes first must be the one that sends requests, or else one is sent just when the connection is closed.
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
    /// The port is taken or forbidden.
    #[error("cannot listen on {address}:{port} ({service}): {reason}", address = listen.address, port = listen.port)]
    Listen {
        /// Which service.
        service: &'static str,
        /// Where it was to listen.
        listen: Listen,
        /// What is wrong and what to do.
        reason: String,
    },
    /// Something that the service needs from its start is not there.
    #[error("{service} cannot start: {reason}")]
    Dependency {
        /// Which service.
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
                "another program listens there; stop it or choose another port".to_owned()
            }
            io::ErrorKind::PermissionDenied => "ports below 1024 need privileges; choose another".to_owned(),
            io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
            _ => error.to_string(),
        };
        Self::Listen { service, listen, reason }
    }

    /// Something needed is missing.
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

    /// The same with a server on its internal port.
    #[must_use]
    pub fn with_internal(mut self, port: u16, server: dev::Server) -> Self {
        self.internal = Some((port, server));
        self
    }

    /// Which service it is.
    pub fn name(&self) -> &'static str {
        self.name
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

/// Ends the program; on failure with one plain line on standard error.
///
/// Work that nobody waits for any more, such as a query on a frozen database, does not hold it up.
pub fn end(program: &str, result: Result<(), impl std::fmt::Display>) -> ! {
    use io::Write;
    let status = match result {
        Ok(()) => 0,
        Err(error) => {
            // Nobody is left to be told that standard error is closed.
            let text = format!("{error:#}");
            let prefix = if text.starts_with(program) { String::new() } else { format!("{program}: ") };
            let _ = writeln!(io::stderr(), "{prefix}{text}");
            1
        }
    };
    std::process::exit(status)
}

/// Serves all of `servers` until SIGINT or SIGTERM, or until one of them fails; then lets the
/// requests under way finish, for at most [`SHUTDOWN_SECONDS`]. After SIGTERM it goes on listening for
/// [`Draining::time`], so that whoever sends requests here can turn elsewhere first.
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
    let stopped = futures_util::future::join_all(handles.iter().map(|handle| handle.stop(true)));
    let grace = Duration::from_secs(SHUTDOWN_SECONDS + 1);
    tokio::select! {
        stopped = tokio::time::timeout(grace, stopped) => {
            if stopped.is_err() {
                tracing::warn!("some requests did not finish in time");
            }
        }
        // Whoever asks twice does not want to wait.
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

/// Goes on for as long as the slowest of the services wants to, or until somebody asks again.
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
