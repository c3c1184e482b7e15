//! The web-frontend program.

#[actix_web::main]
async fn main() {
    shared::serve::end("web-frontend", run().await);
}

async fn run() -> anyhow::Result<()> {
    let config = web_frontend::Config::read(&shared::config::environment)?;
    shared::telemetry::start(&config.log);
    Ok(web_frontend::bind(config)?.run().await?)
}
