//! Programs under test.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use tests::{Process, Start, free_port};

use crate::{
    affinity::Affinity,
    error::{MeasurementError, Result},
    process_stats, programs,
};

/// How long a program may take to become ready.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a program may take to answer a readiness check.
const READINESS_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause between readiness checks. It limits the precision of `time-to-ready`.
const READINESS_INTERVAL: Duration = Duration::from_millis(1);

/// A program that listens on a port of this machine. It is stopped when this value is dropped.
pub(crate) struct ServerProcess {
    process: Process,
    port: u16,
}

/// A program, by its name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Program<'a> {
    /// A program of the workspace.
    Workspace(&'a str),
    /// A program that is installed on this machine.
    Installed(&'a str),
}

impl<'a> Program<'a> {
    fn name(self) -> &'a str {
        match self {
            Self::Workspace(name) | Self::Installed(name) => name,
        }
    }

    /// Returns what starts the program.
    fn command(self) -> Result<String> {
        match self {
            Self::Workspace(name) => Ok(programs::file(name)?.display().to_string()),
            Self::Installed(name) => Ok(name.to_owned()),
        }
    }
}

/// How to start a program.
pub(crate) struct ServerStart<'a> {
    pub(crate) program: Program<'a>,
    /// Arguments of the command line.
    pub(crate) arguments: &'a [String],
    /// Environment variables, in addition to `PORT`, which names a free port.
    pub(crate) settings: &'a [(&'a str, String)],
    pub(crate) affinity: Affinity,
    /// Folder for the log file.
    pub(crate) log_folder: &'a Path,
    /// Path that returns 200 once the program is ready.
    pub(crate) readiness_path: &'a str,
}

impl ServerProcess {
    /// Starts a program and waits until it is ready.
    pub(crate) fn start(start: &ServerStart) -> Result<Self> {
        let port = free_port();
        let name = start.program.name();
        let mut command = start.affinity.command_line(&start.program.command()?);
        command.extend(start.arguments.iter().cloned());
        let mut settings = vec![("PORT", port.to_string())];
        settings.extend(start.settings.iter().cloned());
        let log = start.log_folder.join(format!("{name}-{port}.log"));
        let process =
            Process::start(Start { command, settings: &settings, signal: "TERM", log, remove: None });
        let server = Self { process, port };
        let started = Instant::now();
        while !returns_200(port, start.readiness_path) {
            if !server.process.is_running() || started.elapsed() > START_TIMEOUT {
                return Err(MeasurementError::not_measured(format_args!(
                    "{name} did not start: {}",
                    server.process.log()
                )));
            }
            thread::sleep(READINESS_INTERVAL);
        }
        Ok(server)
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    /// Opens a connection.
    pub(crate) fn connect(&self) -> Result<TcpStream> {
        Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?)
    }

    /// Returns the CPU time used so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        process_stats::cpu_seconds(self.process.id())
    }

    /// Returns the most memory that was in use so far, in MiB.
    pub(crate) fn peak_mib(&self) -> Result<f64> {
        process_stats::peak_mib(self.process.id())
    }

    /// Returns the memory in use, in MiB.
    pub(crate) fn resident_mib(&self) -> Result<f64> {
        process_stats::resident_mib(self.process.id())
    }
}

/// Returns true if `GET path` returns 200. A plain socket keeps the check cheap.
fn returns_200(port: u16, path: &str) -> bool {
    let status_line = || -> std::io::Result<[u8; 12]> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(READINESS_TIMEOUT))?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start)
    };
    status_line().is_ok_and(|start| start == *b"HTTP/1.1 200")
}
