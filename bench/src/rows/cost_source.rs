//! Programs whose CPU time counts as the cost of a request.

use std::fs;

use crate::{
    deployment::SeededDeployment,
    error::Result,
    process_stats::{cpu_seconds, cpu_seconds_with_children},
    server::ServerProcess,
};

/// A program whose CPU time counts as the cost of a request.
pub(super) enum CostSource<'a> {
    Service {
        name: &'static str,
        server: &'a ServerProcess,
    },
    Redis(&'a SeededDeployment),
    /// All processes named `postgres`. Other PostgreSQL servers on the machine would distort the figures.
    PostgreSql,
}

impl CostSource<'_> {
    /// Name of the program.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Service { name, .. } => name,
            Self::Redis(_) => "Redis",
            Self::PostgreSql => "PostgreSQL",
        }
    }

    /// Returns the CPU time used so far, in seconds.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        match self {
            Self::Service { server, .. } => server.cpu_seconds(),
            Self::Redis(deployment) => deployment.redis_pid().map_or(Ok(0.0), cpu_seconds),
            Self::PostgreSql => postgres_cpu_seconds(),
        }
    }
}

fn postgres_cpu_seconds() -> Result<f64> {
    let mut sum = 0.0;
    for entry in fs::read_dir("/proc")?.flatten() {
        let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        if name.trim() == "postgres" {
            // A process that has ended since is counted by its parent.
            sum += cpu_seconds_with_children(&entry.file_name().to_string_lossy()).unwrap_or_default();
        }
    }
    Ok(sum)
}
