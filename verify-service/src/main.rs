//! The verify-service program.

use shared::{config::environment, healthcheck};

#[actix_web::main]
async fn main() {
    shared::serve::end("verify-service", run().await);
}

async fn run() -> anyhow::Result<()> {
    if let Some(path) = healthcheck::asked().map_err(anyhow::Error::msg)? {
        return healthcheck::run(path, &environment, 8082).map_err(anyhow::Error::msg);
    }
    let config = verify_service::Config::read(&environment)?;
    shared::telemetry::start(&config.log);
    Ok(verify_service::bind(config)?.run().await?)
}
