//! The floors of the benchmark: Actix servers that do less than the product, and give the same bytes.

mod canned;
mod page;

use std::path::PathBuf;

use bench::answer::Answer;
use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Cli {
    /// A file with the answer to give
    #[arg(long)]
    answer: Option<PathBuf>,
    #[command(subcommand)]
    floor: Floor,
}

#[derive(Subcommand)]
enum Floor {
    /// Answer, and do nothing else
    Nothing,
    /// Make one GET of the record of the user that the request names
    RedisGet(canned::RedisGet),
    /// Make one query by primary key for the user that the request names
    UserQuery(canned::UserQuery),
    /// A page that names a fixed person
    OpenPage(page::OpenPage),
    /// The same page behind the guard
    GuardedPage(page::GuardedPage),
}

#[actix_web::main]
async fn main() {
    drawbridge_http::serve::end("floor", run(Cli::parse()).await);
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let port = drawbridge_core::settings::environment("PORT").unwrap_or_default();
    let address = ("127.0.0.1", port.parse()?);
    let answer = || -> anyhow::Result<Answer> {
        let file = cli.answer.as_ref().ok_or_else(|| anyhow::anyhow!("--answer is missing"))?;
        Ok(serde_json::from_slice(&std::fs::read(file)?)?)
    };
    match cli.floor {
        Floor::Nothing => canned::serve_nothing(address, answer()?).await,
        Floor::RedisGet(floor) => canned::serve_redis_get(address, answer()?, floor).await,
        Floor::UserQuery(floor) => canned::serve_user_query(address, answer()?, floor).await,
        Floor::OpenPage(page) => page::serve_open(address, page).await,
        Floor::GuardedPage(page) => page::serve_guarded(address, page).await,
    }
}
