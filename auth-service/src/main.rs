//! The auth-service program.

use shared::{config::environment, healthcheck};

#[actix_web::main]
async fn main() {
    shared::serve::end("auth-service", run().await);
}

async fn run() -> anyhow::Result<()> {
    if let Some(path) = healthcheck::asked().map_err(anyhow::Error::msg)? {
        return healthcheck::run(path, &environment, 8081).map_err(anyhow::Error::msg);
    }
    let config = auth_service::Config::read(&environment)?;
    shared::telemetry::start(&config.log);
    Ok(auth_service::bind(config).await?.run().await?)
}
