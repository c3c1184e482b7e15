//! The auth-service program.

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    shared::serve::report("auth-service", run().await)
}

async fn run() -> anyhow::Result<()> {
    let config = auth_service::Config::read(&shared::config::environment)?;
    shared::telemetry::start(&config.log);
    Ok(auth_service::bind(config).await?.run().await?)
}
