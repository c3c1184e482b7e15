//! The command `bench`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    bench::cli::main(&bench::cli::BenchArgs::parse())
}
