//! A program under test: started, watched, ended.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

use tests::{Process, Start, free_port};

use crate::{
    failure::{Failure, Result},
    machine::{Core, bound_to},
    programs,
};

/// A program that listens on a port of this machine.
pub(crate) struct Server {
    process: Process,
    port: u16,
}

/// How the system counts processor time: in hundredths of a second, on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// How long a program may take to start.
const START_LIMIT: Duration = Duration::from_mins(1);

impl Server {
    /// Starts a program of the workspace with a `PORT` of its own, on a core or on
    /// any, and waits until `ready` is answered with 200.
    pub(crate) fn start(
        name: &str,
        arguments: &[String],
        settings: &[(&str, String)],
        (core, folder, ready): (Core, &Path, &str),
    ) -> Result<Self> {
        let port = free_port();
        let mut command = bound_to(core);
        command.push(programs::file(name)?.display().to_string());
        command.extend(arguments.iter().cloned());
        let mut all = vec![("PORT", port.to_string())];
        all.extend(settings.iter().cloned());
        let log = folder.join(format!("{name}-{port}.log"));
        let process = Process::start(Start { command, settings: &all, signal: "TERM", log, remove: None });
        let server = Self { process, port };
        let started = Instant::now();
        while !answers_200(port, ready) {
            if !server.process.is_running() || started.elapsed() > START_LIMIT {
                return Err(Failure::NotMeasured(format!("{name} does not start: {}", server.process.log())));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(server)
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    /// Processor time so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds(self.process.id())
    }

    /// Memory in use, in MiB: `VmRSS`.
    pub(crate) fn resident_mib(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| Failure::not_measured("no VmRSS"))
    }
}

/// The processor time of a process so far, in seconds; `self` is this one.
pub(crate) fn cpu_seconds(process: &str) -> Result<f64> {
    times(process, [11, 12])
}

/// The same, with that of its children that have ended.
pub(crate) fn cpu_seconds_of_family(process: &str) -> Result<f64> {
    times(process, [11, 12, 13, 14])
}

/// The sum of these fields of `/proc/<process>/stat` after the program's name, in seconds.
fn times<const N: usize>(process: &str, wanted: [usize; N]) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<f64>().ok());
    let sum: Option<f64> = wanted.into_iter().map(ticks).sum();
    sum.map(|ticks| ticks / TICKS_PER_SECOND)
        .ok_or_else(|| Failure::NotMeasured(format!("/proc/{process}/stat cannot be read")))
}

/// Whether `GET path` is answered with 200, asked in the plainest way.
fn answers_200(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<[u8; 12]> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status)
    };
    ask().is_ok_and(|status| status == *b"HTTP/1.1 200")
}
