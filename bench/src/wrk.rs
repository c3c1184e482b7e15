//! Throughput: wrk drives, and checks every answer by the script in `lua/check.lua`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use serde::Deserialize;

use crate::{
    failure::{Failure, Result},
    job::Job,
    machine::{Core, bound_to},
    server::Server,
};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// How hard to drive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Requests under way at once.
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
    /// Where the generator runs.
    pub(crate) core: Core,
}

/// What came back.
#[derive(Debug, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) answered: u64,
    pub(crate) sent: u64,
    wrong: u64,
    ran_out: bool,
    microseconds: u64,
    broken: u64,
    late: u64,
    first_wrong: String,
}

/// The load generator.
pub(crate) struct Wrk {
    folder: PathBuf,
    script: PathBuf,
}

/// A run that has begun.
pub(crate) struct Running(Child);

impl Wrk {
    /// The generator, with its files in `folder`.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let script = folder.join("check.lua");
        fs::write(&script, include_str!("lua/check.lua"))?;
        Ok(Self { folder: folder.to_owned(), script })
    }

    /// Drives `server`, and fails if a single answer is not what it must be.
    pub(crate) fn run(&self, server: &Server, job: &Job, load: Load) -> Result<Outcome> {
        self.start(server, job, load)?.finish()
    }

    /// The same, without waiting for the end.
    pub(crate) fn start(&self, server: &Server, job: &Job, load: Load) -> Result<Running> {
        let file = self.folder.join(format!("job-{}.lua", NEXT.fetch_add(1, Ordering::Relaxed)));
        fs::write(&file, job.to_lua(server))?;
        let mut command = bound_to(load.core);
        command.push("wrk".to_owned());
        let (program, arguments) =
            command.split_first().ok_or_else(|| Failure::not_measured("no command"))?;
        let child = Command::new(program)
            .args(arguments)
            .args(["-t1", "--timeout", "10s", "-c"])
            .arg(load.connections.to_string())
            .arg(format!("-d{}s", load.seconds))
            .arg("-s")
            .arg(&self.script)
            .arg(server.origin())
            .arg("--")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Running(child))
    }
}

impl Running {
    /// Waits for the end, and fails if a single answer was not what it must be.
    pub(crate) fn finish(self) -> Result<Outcome> {
        let output = self.0.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let Some(line) = text.lines().rfind(|line| line.starts_with('{')) else {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::NotMeasured(format!("wrk: {} {}", text.trim(), said.trim())));
        };
        serde_json::from_str::<Outcome>(line)?.checked()
    }
}

impl Outcome {
    fn checked(self) -> Result<Self> {
        if self.wrong > 0 {
            let (wrong, answered, first) = (self.wrong, self.answered, &self.first_wrong);
            return Err(Failure::WrongAnswer(format!("{wrong} of {answered}, the first: {first}")));
        }
        if self.broken + self.late > 0 {
            let (broken, late) = (self.broken, self.late);
            return Err(Failure::NotMeasured(format!(
                "{broken} connections broke, {late} answers came late"
            )));
        }
        if self.ran_out {
            return Err(Failure::NotMeasured(format!("{} people are too few for a round", self.sent)));
        }
        if self.answered == 0 {
            return Err(Failure::not_measured("nothing was answered"));
        }
        Ok(self)
    }

    /// How long it took.
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    pub(crate) fn seconds(&self) -> f64 {
        self.microseconds as f64 / 1e6
    }

    /// Answers a second.
    #[expect(clippy::cast_precision_loss, reason = "a few million answers")]
    pub(crate) fn per_second(&self) -> f64 {
        self.answered as f64 / self.seconds()
    }
}
