//! The auth-service program.

#[actix_web::main]
async fn main() {
    shared::serve::end("auth-service", run().await);
}

async fn run() -> anyhow::Result<()> {
    let config = auth_service::Config::read(&shared::config::environment)?;
    shared::telemetry::start(&config.log);
    Ok(auth_service::bind(config).await?.run().await?)
}
