//! The verify-service program.

#[actix_web::main]
async fn main() {
    shared::serve::end("verify-service", run().await);
}

async fn run() -> anyhow::Result<()> {
    let config = verify_service::Config::read(&shared::config::environment)?;
    shared::telemetry::start(&config.log);
    Ok(verify_service::bind(config)?.run().await?)
}
