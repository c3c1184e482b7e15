#![doc = include_str!("../README.md")]

mod audit;
mod cli;
#[cfg(test)]
mod configuration_page;
mod data_folder;
mod deployment;
mod doctor;
mod keys;
mod migrate;
mod output;
mod password_input;
mod secrets;
mod up;
mod user;
mod write_once;

use clap::Parser;

#[actix_web::main]
async fn main() {
    drawbridge_http::serve::exit("drawbridge", cli::run(cli::CommandLine::parse()).await);
}
