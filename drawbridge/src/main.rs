#![doc = include_str!("../README.md")]

mod cli;
mod deployment;
mod keys;
mod output;
mod up;
mod user;

use std::process::ExitCode;

use clap::Parser;

#[actix_web::main]
async fn main() -> ExitCode {
    shared::serve::report("drawbridge", cli::run(cli::Cli::parse()).await)
}
