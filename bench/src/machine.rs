//! The machine on which the benchmark runs.

use std::fs;

use serde::{Deserialize, Serialize};

use crate::affinity::Affinity;

/// Description of the machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Name of the processor.
    pub(crate) model: String,
    /// Numbers of the cores that this process may use.
    pub(crate) cores: Vec<usize>,
    /// Memory in MiB.
    pub(crate) memory_mib: u64,
    /// Release of the kernel.
    pub(crate) kernel: String,
    /// Load average over the minute before the run.
    #[serde(default)]
    pub(crate) load: f64,
}

impl Machine {
    /// Describes this machine.
    pub(crate) fn detect() -> Self {
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let memory_kib: u64 = memory.trim_end_matches(" kB").parse().unwrap_or(0);
        let load = read("/proc/loadavg");
        Self {
            model: field(&read("/proc/cpuinfo"), "model name"),
            cores: parse_core_list(&field(&read("/proc/self/status"), "Cpus_allowed_list")),
            memory_mib: memory_kib / 1024,
            load: load.split(' ').next().and_then(|average| average.parse().ok()).unwrap_or(0.0),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }

    /// Core for the measured server. On a machine with a single core, nothing is pinned.
    pub(crate) fn server_affinity(&self) -> Affinity {
        match self.cores.as_slice() {
            [first, _, ..] => Affinity::Core(*first),
            _ => Affinity::AnyCore,
        }
    }

    /// Core for the load generator and for Redis.
    pub(crate) fn generator_affinity(&self) -> Affinity {
        self.cores.get(1).map_or(Affinity::AnyCore, |core| Affinity::Core(*core))
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Returns the value of a `name: value` line.
fn field(text: &str, name: &str) -> String {
    let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    value.trim_start_matches([':', ' ', '\t']).trim().to_owned()
}

/// Parses a list such as `0-2,5`.
fn parse_core_list(list: &str) -> Vec<usize> {
    let range = |part: &str| -> Option<std::ops::RangeInclusive<usize>> {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_lists_are_parsed() {
        assert_eq!(parse_core_list("0-2,5"), [0, 1, 2, 5]);
        assert_eq!(parse_core_list("3"), [3]);
        assert!(parse_core_list("").is_empty());
    }
}
