//! Throughput measurements with wrk. The script `lua/check.lua` checks every response.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use serde::Deserialize;

use crate::{
    affinity::Affinity,
    error::{MeasurementError, Result},
    job::Job,
    server::ServerProcess,
};

/// Number of the next job file.
static NEXT_JOB_FILE: AtomicU32 = AtomicU32::new(0);

/// The load that wrk generates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Number of connections, each with one request in flight.
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
    /// The core on which wrk runs.
    pub(crate) affinity: Affinity,
}

/// Result of a run, as `lua/check.lua` prints it.
#[derive(Debug, Deserialize)]
pub(crate) struct WrkSummary {
    /// Number of responses.
    pub(crate) answered: u64,
    /// Number of requests.
    sent: u64,
    /// Number of responses that differ from the expected one.
    wrong: u64,
    /// Status and start of the body of the first wrong response.
    first_wrong: String,
    /// True if each user may send only one request and there were too few users.
    users_exhausted: bool,
    duration_micros: u64,
    connection_errors: u64,
    timeouts: u64,
}

/// The load generator wrk.
pub(crate) struct Wrk {
    folder: PathBuf,
    script: PathBuf,
}

/// A run in progress.
pub(crate) struct RunningWrk(Child);

impl Wrk {
    /// Writes the script into `folder`, where the job files go as well.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let script = folder.join("check.lua");
        fs::write(&script, include_str!("lua/check.lua"))?;
        Ok(Self { folder: folder.to_owned(), script })
    }

    /// Runs a job against `server`. A single wrong response is an error.
    pub(crate) fn run(&self, server: &ServerProcess, job: &Job, load: Load) -> Result<WrkSummary> {
        self.start(server, job, load)?.finish()
    }

    /// Starts a job without waiting for its end.
    pub(crate) fn start(&self, server: &ServerProcess, job: &Job, load: Load) -> Result<RunningWrk> {
        let number = NEXT_JOB_FILE.fetch_add(1, Ordering::Relaxed);
        let job_file = self.folder.join(format!("job-{number}.lua"));
        fs::write(&job_file, job.to_lua(&server.host()))?;
        let mut command = load.affinity.command("wrk");
        command.args(["-t1", "--timeout", "10s", "-c"]).arg(load.connections.to_string());
        command.arg(format!("-d{}s", load.seconds)).arg("-s").arg(&self.script);
        command.arg(server.origin()).arg("--").arg(&job_file);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(RunningWrk(command.spawn()?))
    }
}

impl RunningWrk {
    /// Waits for the end of the run. A single wrong response is an error.
    pub(crate) fn finish(self) -> Result<WrkSummary> {
        let output = self.0.wait_with_output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let Some(line) = stdout.lines().rfind(|line| line.starts_with('{')) else {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(MeasurementError::not_measured(format_args!(
                "wrk: {} {}",
                stdout.trim(),
                stderr.trim()
            )));
        };
        let summary: WrkSummary = serde_json::from_str(line)?;
        summary.check()?;
        Ok(summary)
    }
}

impl WrkSummary {
    fn check(&self) -> Result<()> {
        let Self { answered, sent, wrong, first_wrong, connection_errors, timeouts, .. } = self;
        if *wrong > 0 {
            return Err(MeasurementError::wrong_answer(format_args!(
                "{wrong} of {answered} responses; the first one: {first_wrong}"
            )));
        }
        if connection_errors + timeouts > 0 {
            return Err(MeasurementError::not_measured(format_args!(
                "{connection_errors} connection errors and {timeouts} timeouts"
            )));
        }
        if self.users_exhausted {
            return Err(MeasurementError::not_measured(format_args!(
                "too few users for a round: {sent} requests were sent"
            )));
        }
        if *answered == 0 {
            return Err(MeasurementError::not_measured("no responses"));
        }
        Ok(())
    }

    /// Duration of the run in seconds.
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    pub(crate) fn seconds(&self) -> f64 {
        self.duration_micros as f64 / 1e6
    }

    /// Responses per second.
    #[expect(clippy::cast_precision_loss, reason = "a few million responses")]
    pub(crate) fn per_second(&self) -> f64 {
        self.answered as f64 / self.seconds()
    }
}
