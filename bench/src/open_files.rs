//! The limit for open files.

use std::process::{self, Command};

use crate::error::{MeasurementError, Result};

/// Raises the limit of this process, which the programs that it starts inherit.
pub(crate) fn allow_open_files(count: usize) -> Result<()> {
    let mut command = Command::new("prlimit");
    command.args(["--pid", &process::id().to_string(), &format!("--nofile={count}:")]);
    if command.status()?.success() {
        return Ok(());
    }
    Err(MeasurementError::not_measured(format_args!("raise the limit for open files to {count}")))
}
