//! The web-frontend program.

use drawbridge_core::settings::environment;
use drawbridge_http::healthcheck;
use web_frontend::config::DEFAULT_PORT;

#[actix_web::main]
async fn main() {
    drawbridge_http::serve::exit("web-frontend", run().await);
}

async fn run() -> anyhow::Result<()> {
    if let Some(path) = healthcheck::requested_path().map_err(anyhow::Error::msg)? {
        return healthcheck::run(path, &environment, DEFAULT_PORT).map_err(anyhow::Error::msg);
    }
    let config = web_frontend::Config::read(&environment)?;
    drawbridge_core::telemetry::start(&config.log);
    Ok(web_frontend::bind(config)?.run().await?)
}
