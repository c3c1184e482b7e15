#![doc = include_str!("../README.md")]

#[cfg(test)]
mod api_documents;
mod audit;
mod cli;
#[cfg(test)]
mod configuration_page;
mod data_folder;
mod deployment;
mod doctor;
mod frontend;
mod keys;
mod migrate;
mod output;
mod password_input;
mod period;
mod secrets;
mod up;
mod user;
mod web_frontend_key;
mod write_once;

use clap::Parser;

#[actix_web::main]
async fn main() {
    drawbridge_http::serve::exit("drawbridge", cli::run(cli::CommandLine::parse()).await);
}
