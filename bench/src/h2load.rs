//! Latency measurements with h2load, which sends requests at a constant rate and logs each of them.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::{
    affinity::Affinity,
    captured_response::CapturedResponse,
    error::{MeasurementError, Result},
    request_template::RequestTemplate,
    server::ServerProcess,
    simulated_users::SimulatedUser,
    stats::quantile,
};

/// Time at the start of a run whose requests do not count.
const WARM_UP_SECONDS: u32 = 1;

/// Largest accepted difference between the mean and the expected length of a body, as a share of the length.
/// The traffic at the start and at the end of a run includes responses that are not in the log.
const LENGTH_TOLERANCE: f64 = 0.02;

/// A constant rate of requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConstantRate {
    /// Number of connections, each with at most one request in flight.
    pub(crate) connections: u32,
    /// Requests per second, over all connections.
    pub(crate) per_second: u32,
    pub(crate) seconds: u32,
    /// The core on which h2load runs.
    pub(crate) affinity: Affinity,
}

/// A latency measurement, in which one user sends the same request at a constant rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LatencyProbe<'a> {
    pub(crate) request: &'a RequestTemplate,
    pub(crate) user: &'a SimulatedUser,
    /// Each response must have this status, and the bodies this length on average.
    pub(crate) expected: &'a CapturedResponse,
    pub(crate) rate: ConstantRate,
    /// Folder for h2load's log.
    pub(crate) log_folder: &'a Path,
}

/// A line of h2load's log.
#[derive(Debug, PartialEq)]
struct LoggedRequest {
    /// Start of the request, in whole seconds since 1970.
    start_second: u64,
    latency_micros: f64,
}

impl LatencyProbe<'_> {
    /// Measures the 99th percentile of the latency, in microseconds.
    pub(crate) fn p99_micros(&self, server: &ServerProcess) -> Result<f64> {
        let log = self.log_folder.join("h2load.log");
        let _ = fs::remove_file(&log);
        let Output { stdout, stderr, .. } = self.command(server, &log).output()?;
        let stdout = String::from_utf8_lossy(&stdout);
        let requests = parse_log(&fs::read_to_string(&log).unwrap_or_default(), self.expected.status)?;
        let Some(start) = requests.iter().map(|request| request.start_second).min() else {
            let stderr = String::from_utf8_lossy(&stderr);
            return Err(MeasurementError::not_measured(format_args!("h2load: {stdout} {stderr}")));
        };
        check_body_length(&stdout, requests.len(), self.expected.body.len())?;
        let counted =
            requests.iter().filter(|request| request.start_second - start >= WARM_UP_SECONDS.into());
        let latencies: Vec<_> = counted.map(|request| request.latency_micros).collect();
        Ok(quantile(&latencies, 0.99))
    }

    fn command(&self, server: &ServerProcess, log: &Path) -> Command {
        let ConstantRate { connections, per_second, seconds, affinity } = self.rate;
        let mut command = affinity.command("h2load");
        command.args(["--h1", "-t1", "-m1", "-c"]).arg(connections.to_string());
        command.arg("-D").arg((WARM_UP_SECONDS + seconds).to_string());
        command.arg("--rps").arg((per_second / connections).to_string());
        command.arg(format!("--log-file={}", log.display()));
        command.arg("-H").arg(format!(":method: {}", self.request.method));
        for (name, value) in &self.request.headers {
            command.arg("-H").arg(format!("{name}: {}", value.replace("$HEX", &self.user.hex())));
        }
        command.arg("-H").arg(format!("cookie: token={}", self.user.token));
        if self.request.method != "GET" {
            command.args(["-H", "content-length: 0"]);
        }
        command.arg(format!("{}{}", server.origin(), self.request.path));
        command
    }
}

/// Parses h2load's log. A status other than `expected_status` is an error.
fn parse_log(log: &str, expected_status: u16) -> Result<Vec<LoggedRequest>> {
    let expected_status = expected_status.to_string();
    let parse = |line: &str| {
        let malformed =
            || MeasurementError::not_measured(format_args!("malformed line in h2load's log: {line}"));
        let mut fields = line.split('\t');
        let (Some(start_micros), Some(status), Some(latency)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err(malformed());
        };
        if status != expected_status {
            let reason = format_args!("status {status} instead of {expected_status}").to_string();
            return Err(MeasurementError::WrongAnswer(reason));
        }
        let start_micros: u64 = start_micros.parse().map_err(|_| malformed())?;
        let latency_micros = latency.parse().map_err(|_| malformed())?;
        Ok(LoggedRequest { start_second: start_micros / 1_000_000, latency_micros })
    };
    log.lines().map(parse).collect()
}

/// Compares the mean length of the bodies with the expected one.
#[expect(clippy::cast_precision_loss, reason = "a few million responses")]
fn check_body_length(stdout: &str, responses: usize, expected_length: usize) -> Result<()> {
    let bytes = stdout.lines().find_map(|line| {
        let (_, rest) = line.strip_prefix("traffic:")?.rsplit_once('(')?;
        rest.strip_suffix(") data")?.parse::<f64>().ok()
    });
    let mean = bytes.unwrap_or(f64::NAN) / responses as f64;
    let expected = expected_length as f64;
    if (mean - expected).abs() <= 1.0 + expected * LENGTH_TOLERANCE {
        return Ok(());
    }
    Err(MeasurementError::wrong_answer(format_args!(
        "bodies have {mean:.1} bytes on average instead of {expected_length}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_is_parsed() {
        let log = "1000000\t200\t57\n2900000\t200\t60\n";

        let requests = parse_log(log, 200).unwrap();

        let expected = [
            LoggedRequest { start_second: 1, latency_micros: 57.0 },
            LoggedRequest { start_second: 2, latency_micros: 60.0 },
        ];
        assert_eq!(requests, expected);
    }

    #[test]
    fn wrong_status_in_the_log_is_reported() {
        assert!(matches!(parse_log("1000000\t200\t57\n", 401), Err(MeasurementError::WrongAnswer(_))));
    }

    #[test]
    fn malformed_log_is_refused() {
        assert!(matches!(parse_log("h2load", 200), Err(MeasurementError::NotMeasured(_))));
    }

    #[test]
    fn body_length_is_checked() {
        let stdout =
            "x\ntraffic: 1.20KB (1200) total, 2B (2) headers (space savings 0.00%), 1000B (1000) data\n";

        assert!(check_body_length(stdout, 10, 100).is_ok());
        assert!(check_body_length(stdout, 10, 110).is_err());
        assert!(check_body_length("", 10, 100).is_err());
    }
}
