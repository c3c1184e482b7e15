//! The auth-service program.

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let config = auth_service::Config::read(&shared::config::environment)?;
    shared::telemetry::start(&config.log);
    auth_service::bind(config).await?.run().await?;
    Ok(())
}
