//! The floors of the benchmark: Actix servers that return the same bytes as the product with less work.

mod application;
mod canned;
mod page;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use bench::captured_response::CapturedResponse;
use clap::{Parser, Subcommand};

/// A floor of the benchmark. It listens on the port in the environment variable PORT.
#[derive(Parser)]
#[command(name = "floor")]
struct FloorArgs {
    /// JSON file with the response to replay
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
    #[command(subcommand)]
    floor: FloorCommand,
}

#[derive(Subcommand)]
enum FloorCommand {
    /// Replay the response and do nothing else
    Nothing,
    /// Send one GET to Redis for the record of the user named in the request, then replay the response
    RedisGet(canned::RedisGetArgs),
    /// Query the user named in the request by primary key, then replay the response
    UserQuery(canned::UserQueryArgs),
    /// Serve a page that always shows the same user
    OpenPage(page::OpenPageArgs),
    /// Serve the same page behind the guard
    GuardedPage(page::GuardedPageArgs),
    /// Serve the application that the proxies forward to
    Application,
}

#[actix_web::main]
async fn main() {
    drawbridge_http::serve::exit("floor", run(FloorArgs::parse()).await);
}

async fn run(args: FloorArgs) -> anyhow::Result<()> {
    let port = drawbridge_core::settings::environment("PORT").unwrap_or_default().parse()?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let response = || -> anyhow::Result<CapturedResponse> {
        let file = args.answer.as_ref().ok_or_else(|| anyhow::anyhow!("--answer is missing"))?;
        Ok(serde_json::from_slice(&std::fs::read(file)?)?)
    };
    match args.floor {
        FloorCommand::Nothing => canned::serve_nothing(address, response()?).await,
        FloorCommand::RedisGet(args) => canned::serve_redis_get(address, response()?, args).await,
        FloorCommand::UserQuery(args) => canned::serve_user_query(address, response()?, args).await,
        FloorCommand::OpenPage(args) => page::serve_open(address, args).await,
        FloorCommand::GuardedPage(args) => page::serve_guarded(address, args).await,
        FloorCommand::Application => application::serve(address).await,
    }
}
