#![doc = include_str!("../README.md")]

mod baseline;
mod callgrind;
mod cli;
mod compare;
mod environment;
mod fixture;
mod http;
mod measure;
mod operation;
mod profile;
mod program;
mod redis;
mod report;
mod service;

use std::{io::Write, process::ExitCode};

fn main() -> ExitCode {
    match cli::run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // Standard error may be closed; there is no other place to report to.
            let _ = writeln!(std::io::stderr(), "counts: {error:#}");
            ExitCode::from(2)
        }
    }
}
