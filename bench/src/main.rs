//! The benchmark's command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    bench::cli::main(&bench::cli::Cli::parse())
}
