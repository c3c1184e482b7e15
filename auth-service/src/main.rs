//! The auth-service program.

use drawbridge_core::settings::environment;
use drawbridge_http::healthcheck;

#[actix_web::main]
async fn main() {
    drawbridge_http::serve::exit("auth-service", run().await);
}

async fn run() -> anyhow::Result<()> {
    if let Some(path) = healthcheck::requested_path().map_err(anyhow::Error::msg)? {
        return healthcheck::run(path, &environment, 8081).map_err(anyhow::Error::msg);
    }
    let config = auth_service::Config::read(&environment)?;
    drawbridge_core::telemetry::start(&config.log);
    Ok(auth_service::bind(config).await?.run().await?)
}
