//! Latency at a fixed rate: h2load drives and logs every request.

use std::{fs, path::Path, process::Command};

use crate::{
    answer::Answer,
    call::Call,
    failure::{Failure, Result},
    machine::{Core, bound_to},
    server::Server,
    stats::quantile,
};

/// What is not counted, at the beginning.
const WARM_UP_SECONDS: u32 = 1;

/// How to drive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Connections, which ask one request at a time each.
    pub(crate) connections: u32,
    /// Requests a second, of all of them.
    pub(crate) per_second: u32,
    pub(crate) seconds: u32,
    /// Where the generator runs.
    pub(crate) core: Core,
}

/// Asks at a steady rate in the name of one caller; the time below which 99 % of the answers came, in
/// microseconds. Every status is checked, and the bodies by their length.
pub(crate) fn p99(
    folder: &Path,
    server: &Server,
    (call, hex, token): (&Call, &str, &str),
    expected: &Answer,
    rate: Rate,
) -> Result<f64> {
    let log = folder.join("h2load.log");
    let _ = fs::remove_file(&log);
    let mut command = bound_to(rate.core);
    command.push("h2load".to_owned());
    let (program, arguments) = command.split_first().ok_or_else(|| Failure::not_measured("no command"))?;
    let mut command = Command::new(program);
    command.args(arguments).args(["--h1", "-t1", "-m1", "-c"]);
    command.arg(rate.connections.to_string()).arg("-D").arg((WARM_UP_SECONDS + rate.seconds).to_string());
    command.arg("--rps").arg((rate.per_second / rate.connections).to_string());
    command.arg(format!("--log-file={}", log.display()));
    command.arg("-H").arg(format!(":method: {}", call.method));
    for (name, value) in &call.headers {
        command.arg("-H").arg(format!("{name}: {}", value.replace("$HEX", hex)));
    }
    command.arg("-H").arg(format!("cookie: token={token}"));
    if call.method != "GET" {
        command.args(["-H", "content-length: 0"]);
    }
    let output = command.arg(format!("{}{}", server.origin(), call.path)).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let times = times(&fs::read_to_string(&log).unwrap_or_default(), expected.status)?;
    if times.is_empty() {
        return Err(Failure::NotMeasured(format!(
            "h2load: {said} {}",
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    check_length(&said, times.len(), expected.body.len())?;
    let began = times.iter().map(|(start, _)| *start).min().unwrap_or(0);
    let warm = times.iter().filter(|(start, _)| start - began >= WARM_UP_SECONDS.into());
    Ok(quantile(&warm.map(|(_, time)| *time).collect::<Vec<_>>(), 0.99))
}

/// The start in whole seconds, and the time that the answer took in microseconds, if the status is the
/// one that every answer must have.
fn times(log: &str, status: u16) -> Result<Vec<(u64, f64)>> {
    let status = status.to_string();
    let unclear = |line: &str| Failure::NotMeasured(format!("h2load's log says {line}"));
    log.lines()
        .map(|line| match *line.split('\t').collect::<Vec<_>>() {
            [start, came, time, ..] if came == status => {
                let start = start.parse::<u64>().map_err(|_| unclear(line))?;
                Ok((start / 1_000_000, time.parse().map_err(|_| unclear(line))?))
            }
            [_, came, ..] => Err(Failure::WrongAnswer(format!("status {came} instead of {status}"))),
            _ => Err(unclear(line)),
        })
        .collect()
}

/// Whether as much came as `answers` bodies of this length are, give or take what was under way at
/// the beginning and at the end.
#[expect(clippy::cast_precision_loss, reason = "a few million answers")]
fn check_length(said: &str, answers: usize, length: usize) -> Result<()> {
    let bytes = said.lines().find_map(|line| {
        let (_, rest) = line.strip_prefix("traffic:")?.rsplit_once('(')?;
        rest.strip_suffix(") data")?.parse::<f64>().ok()
    });
    let mean = bytes.unwrap_or(f64::NAN) / answers as f64;
    if (mean - length as f64).abs() <= 1.0 + length as f64 * 0.02 {
        return Ok(());
    }
    Err(Failure::WrongAnswer(format!("bodies have {mean:.1} bytes on average instead of {length}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_gives_times_and_betrays_a_wrong_status() {
        let log = "1000000\t200\t57\n2900000\t200\t60\n";
        assert_eq!(times(log, 200).unwrap(), [(1, 57.0), (2, 60.0)]);
        assert!(matches!(times(log, 401), Err(Failure::WrongAnswer(_))));
        assert!(times("h2load", 200).is_err());
    }

    #[test]
    fn the_length_of_the_bodies_is_checked() {
        let said =
            "x\ntraffic: 1.20KB (1200) total, 2B (2) headers (space savings 0.00%), 1000B (1000) data\n";
        assert!(check_length(said, 10, 100).is_ok());
        assert!(check_length(said, 10, 110).is_err());
        assert!(check_length("", 10, 100).is_err());
    }
}
