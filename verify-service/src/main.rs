//! The verify-service program.

use drawbridge_core::settings::environment;
use drawbridge_http::healthcheck;

#[actix_web::main]
async fn main() {
    drawbridge_http::serve::exit("verify-service", run().await);
}

async fn run() -> anyhow::Result<()> {
    if let Some(path) = healthcheck::requested_path().map_err(anyhow::Error::msg)? {
        return healthcheck::run(path, &environment, verify_service::config::DEFAULT_PORT)
            .map_err(anyhow::Error::msg);
    }
    let config = verify_service::Config::read(&environment)?;
    drawbridge_core::telemetry::start(&config.log);
    Ok(verify_service::bind(config)?.run().await?)
}
