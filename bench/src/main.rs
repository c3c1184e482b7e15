//! The benchmark's command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> anyhow::Result<ExitCode> {
    bench::cli::run(&bench::cli::Cli::parse()).map_err(anyhow::Error::from)
}
