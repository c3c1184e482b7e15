//! The web-frontend program.

use drawbridge_core::settings::environment;
use drawbridge_http::healthcheck;

#[actix_web::main]
async fn main() {
    drawbridge_http::serve::end("web-frontend", run().await);
}

async fn run() -> anyhow::Result<()> {
    if let Some(path) = healthcheck::asked().map_err(anyhow::Error::msg)? {
        return healthcheck::run(path, &environment, 8080).map_err(anyhow::Error::msg);
    }
    let config = web_frontend::Config::read(&environment)?;
    drawbridge_core::telemetry::start(&config.log);
    Ok(web_frontend::bind(config)?.run().await?)
}
