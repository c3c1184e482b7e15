//! What the counts depend on besides Drawbridge's code.

use std::{fs, process::Command};

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// The CPU features that Valgrind passes on to programs if the CPU has them.
const CPU_FEATURES: [&str; 5] = ["avx2", "bmi2", "f16c", "rdrand", "rdseed"];

/// The versions and features that a baseline was taken with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Environment {
    rustc: String,
    valgrind: String,
    libc: String,
    cpu: String,
    rustflags: String,
}

impl Environment {
    /// Detects the environment on this machine.
    pub(crate) fn detect() -> anyhow::Result<Self> {
        let rustc = output("rustc", &["--version"])?;
        let rustc = rustc.split(' ').nth(1).unwrap_or_default().to_owned();
        let cpuinfo = fs::read_to_string("/proc/cpuinfo")?;
        let flags = cpuinfo.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
        let has = |feature: &&str| flags.split_whitespace().any(|flag| flag == *feature);
        let cpu: Vec<_> = CPU_FEATURES.into_iter().filter(has).collect();
        Ok(Self {
            rustc: format!("rustc {rustc}"),
            valgrind: output("valgrind", &["--version"])?,
            libc: output("getconf", &["GNU_LIBC_VERSION"])?,
            cpu: format!("CPU with {}", cpu.join(" ")),
            rustflags: format!("RUSTFLAGS=\"{}\"", option_env!("RUSTFLAGS").unwrap_or_default()),
        })
    }

    /// How another environment differs, if it does.
    pub(crate) fn differences(&self, other: &Self) -> Option<String> {
        let pairs = [
            (&self.rustc, &other.rustc),
            (&self.valgrind, &other.valgrind),
            (&self.libc, &other.libc),
            (&self.cpu, &other.cpu),
            (&self.rustflags, &other.rustflags),
        ];
        let different = pairs.iter().filter(|(mine, theirs)| mine != theirs);
        let texts: Vec<_> = different
            .map(|(mine, theirs)| format!("it was taken with {mine}, but this run uses {theirs}"))
            .collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

fn output(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.with_context(|| format!("cannot run {program}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_different_compiler_is_named() {
        let mine = Environment {
            rustc: "rustc 1.95.0".into(),
            valgrind: "valgrind-3.19.0".into(),
            libc: "glibc 2.36".into(),
            cpu: "CPU with avx2".into(),
            rustflags: "RUSTFLAGS=\"\"".into(),
        };
        let theirs = Environment { rustc: "rustc 1.96.0".into(), ..mine.clone() };

        assert_eq!(mine.differences(&mine), None);
        let text = mine.differences(&theirs);
        assert_eq!(text.as_deref(), Some("it was taken with rustc 1.95.0, but this run uses rustc 1.96.0"));
    }
}
