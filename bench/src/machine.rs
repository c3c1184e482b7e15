//! The machine: what it is, and which of its cores does what.

use std::fs;

use serde::{Deserialize, Serialize};

/// The machine that the figures are of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) model: String,
    /// The cores that this process may use.
    pub(crate) cores: Vec<usize>,
    /// Memory, in MiB.
    pub(crate) memory_mib: u64,
    /// The kernel's release.
    pub(crate) kernel: String,
    /// How many programs ran or wanted to, in the minute before the run.
    #[serde(default)]
    pub(crate) load: f64,
}

/// The core that a program is bound to; none leaves it to the system.
pub(crate) type Core = Option<usize>;

impl Machine {
    pub(crate) fn here() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim_start_matches([':', ' ', '\t']).trim().to_owned()
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let kib: u64 = memory.trim_end_matches(" kB").parse().unwrap_or(0);
        Self {
            model: field(&read("/proc/cpuinfo"), "model name"),
            cores: cores(&field(&read("/proc/self/status"), "Cpus_allowed_list")),
            memory_mib: kib / 1024,
            load: read("/proc/loadavg").split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0.0),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }

    /// The core of the server under test, with another one left for the generator.
    pub(crate) fn server_core(&self) -> Core {
        (self.cores.len() > 1).then(|| self.cores.first().copied())?
    }

    /// The core of the load generator, and of Redis.
    pub(crate) fn generator_core(&self) -> Core {
        self.cores.get(1).copied()
    }
}

/// The beginning of a command that keeps a program on a core.
pub(crate) fn bound_to(core: Core) -> Vec<String> {
    match core {
        Some(core) => vec!["taskset".to_owned(), "-c".to_owned(), core.to_string()],
        None => Vec::new(),
    }
}

/// `0-2,5` in full.
fn cores(list: &str) -> Vec<usize> {
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
    fn a_list_of_cores_is_read() {
        assert_eq!(cores("0-2,5"), [0, 1, 2, 5]);
        assert_eq!(cores("3"), [3]);
        assert!(cores("").is_empty());
    }
}
