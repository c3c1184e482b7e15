//! CPU time and memory of processes, from `/proc`.

use std::fs;

use crate::error::{MeasurementError, Result};

/// Unit of the times in `/proc/<pid>/stat`: a hundredth of a second on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Returns the CPU time that a process has used, in seconds.
pub(crate) fn cpu_seconds(pid: &str) -> Result<f64> {
    sum_of_times(pid, &[11, 12])
}

/// Returns the CPU time that the benchmark itself has used, in seconds.
pub(crate) fn own_cpu_seconds() -> Result<f64> {
    cpu_seconds("self")
}

/// Returns the CPU time that a process and its finished children have used, in seconds.
pub(crate) fn cpu_seconds_with_children(pid: &str) -> Result<f64> {
    sum_of_times(pid, &[11, 12, 13, 14])
}

/// Returns the memory that a process uses (`VmRSS`), in MiB.
pub(crate) fn resident_mib(pid: &str) -> Result<f64> {
    memory_mib(pid, "VmRSS:")
}

/// Returns the most memory that a process has used so far (`VmHWM`), in MiB.
pub(crate) fn peak_mib(pid: &str) -> Result<f64> {
    memory_mib(pid, "VmHWM:")
}

/// Adds up fields of `/proc/<pid>/stat`. The field after the program's name has index 0.
fn sum_of_times(pid: &str, indexes: &[usize]) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |index: &usize| fields.get(*index).and_then(|field| field.parse::<f64>().ok());
    let sum: Option<f64> = indexes.iter().map(ticks).sum();
    sum.map(|ticks| ticks / TICKS_PER_SECOND)
        .ok_or_else(|| MeasurementError::not_measured(format_args!("cannot parse /proc/{pid}/stat")))
}

fn memory_mib(pid: &str, field: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let value = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = value.and_then(|value| value.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.map(|kib| kib / 1024.0)
        .ok_or_else(|| MeasurementError::not_measured(format_args!("/proc/{pid}/status has no {field}")))
}
