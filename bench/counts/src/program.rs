//! Programs that the harness starts and stops.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
};

use anyhow::Context;

/// Runs a program until standard input ends, which also happens when the harness is killed.
const WATCH: &str = r#"
log=$1; shift
"$@" >"$log" 2>&1 </dev/null &
child=$!
echo "$child"
read -r _
kill -s KILL "$child" 2>/dev/null
wait "$child" 2>/dev/null
"#;

/// The difference between the internal and the public port of a service.
const INTERNAL_PORT_OFFSET: u16 = 1000;

/// A program that runs until this value is dropped.
pub(crate) struct Program {
    watcher: Child,
    input: Option<ChildStdin>,
    pid: String,
    log: PathBuf,
}

impl Program {
    /// Starts a program, with its output in the file `log`.
    pub(crate) fn start(
        command: &[String],
        environment: &[(&str, String)],
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let mut watcher = Command::new("sh")
            .args(["-c", WATCH, "sh"])
            .arg(&log)
            .args(command)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start sh")?;
        let input = watcher.stdin.take();
        let mut pid = String::new();
        let output = watcher.stdout.take().context("sh has no output")?;
        BufReader::new(output).read_line(&mut pid)?;
        Ok(Self { watcher, input, pid: pid.trim().to_owned(), log })
    }

    /// The process ID.
    pub(crate) fn pid(&self) -> &str {
        &self.pid
    }

    /// The output so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.input.take());
        // The watcher ends on its own when its input ends.
        let _ = self.watcher.wait();
    }
}

/// A free port whose internal port is also free.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    loop {
        let public = TcpListener::bind(("127.0.0.1", 0))?;
        let port = public.local_addr()?.port();
        let internal = port.checked_add(INTERNAL_PORT_OFFSET);
        if internal.is_some_and(|internal| TcpListener::bind(("127.0.0.1", internal)).is_ok()) {
            return Ok(port);
        }
    }
}

/// The internal port that belongs to a public one.
pub(crate) const fn internal_port(port: u16) -> u16 {
    port + INTERNAL_PORT_OFFSET
}
