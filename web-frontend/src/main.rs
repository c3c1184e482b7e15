//! The web-frontend program.

use shared::{config::environment, healthcheck};

#[actix_web::main]
async fn main() {
    shared::serve::end("web-frontend", run().await);
}

async fn run() -> anyhow::Result<()> {
    if let Some(path) = healthcheck::asked().map_err(anyhow::Error::msg)? {
        return healthcheck::run(path, &environment, 8080).map_err(anyhow::Error::msg);
    }
    let config = web_frontend::Config::read(&environment)?;
    shared::telemetry::start(&config.log);
    Ok(web_frontend::bind(config)?.run().await?)
}
