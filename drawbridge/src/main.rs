#![doc = include_str!("../README.md")]

mod audit;
mod cli;
mod deployment;
mod doctor;
mod keys;
mod once;
mod output;
mod secrets;
mod up;
mod user;

use clap::Parser;

#[actix_web::main]
async fn main() {
    drawbridge_http::serve::end("drawbridge", cli::run(cli::Cli::parse()).await);
}
