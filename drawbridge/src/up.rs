//! All three services in one process.

use std::{env, path::absolute, sync::Arc};

use drawbridge_core::{
    settings::{ConfigErrors, environment},
    telemetry::{self, LogConfig},
};
use drawbridge_http::serve;
use drawbridge_verification::user_cache::{CacheLocation, MemoryUserCache};

use crate::{
    cli::UpArgs,
    deployment::{DataFolder, Deployment},
    output,
};

/// Starts the services, says where, and serves until Ctrl-C.
pub(crate) async fn up(args: UpArgs) -> anyhow::Result<()> {
    let UpArgs { port, data } = args;
    let folder = DataFolder::make(&data)?;
    // Two processes on one folder would not hear of each other's revocations in time.
    let _lock = folder.lock()?;
    let (auth_port, verify_port) = (port.saturating_add(1), port.saturating_add(2));

    let database_url = format!("sqlite://{}", absolute(folder.database())?.display());
    let secret_file = folder.master_secret().display().to_string();
    let mailbox = format!("folder:{}", absolute(folder.mailbox())?.display());
    let sends_mail = ["SMTP_URL", "SMTP_URL_FILE"].iter().any(|name| environment(name).is_some());
    let setting = |own_port: u16, name: &str| match name {
        "PORT" => Some(own_port.to_string()),
        "BIND" => Some("127.0.0.1".into()),
        "DATABASE_URL" => Some(database_url.clone()),
        "REDIS_URL" => Some("memory:".into()),
        "MASTER_SECRET" | "INTERNAL_PORT" => None,
        "MASTER_SECRET_FILE" => Some(secret_file.clone()),
        // Without a mail server mails are kept, to be read on a page.
        "SMTP_URL" if !sends_mail => Some(mailbox.clone()),
        "FRONTEND_ORIGIN" => Some(format!("http://localhost:{port}")),
        "AUTH_SERVICE_URL" => Some(format!("http://127.0.0.1:{auth_port}")),
        "VERIFY_SERVICE_URL" => Some(format!("http://127.0.0.1:{verify_port}")),
        // One process has no need to ask itself over the network.
        "GUARD_MODE" => environment("GUARD_MODE").or_else(|| Some("embedded".into())),
        "LOG" => environment("LOG").or_else(|| Some(LogConfig::filter("warn"))),
        _ => environment(name),
    };
    let auth = auth_service::Config::read(&|name| setting(auth_port, name));
    let verify = verify_service::Config::read(&|name| setting(verify_port, name));
    let web = web_frontend::Config::read(&|name| setting(port, name));
    let (mut auth, mut verify, mut web) = match (auth, verify, web) {
        (Ok(auth), Ok(verify), Ok(web)) => (auth, verify, web),
        (auth, verify, web) => {
            return Err(
                ConfigErrors::merge([auth.err(), verify.err(), web.err()].into_iter().flatten()).into()
            );
        }
    };
    // What Redis is between processes: one cache, written by one service and read by the other.
    let cache = Arc::new(MemoryUserCache::new(verify.cache_sizes.record_bytes));
    auth.cache = CacheLocation::InProcess(cache.clone());
    verify.cache = CacheLocation::InProcess(cache.clone());
    web.cache = CacheLocation::InProcess(cache);

    telemetry::start(&auth.log);
    let servers =
        vec![auth_service::bind(auth).await?, verify_service::bind(verify)?, web_frontend::bind(web)?];
    let folder = env::current_dir().map_or(data.clone(), |here| here.join(&data));
    let mail = if sends_mail {
        "sent as SMTP_URL says".to_owned()
    } else {
        format!("kept, not sent: http://127.0.0.1:{auth_port}/mailbox")
    };
    output::line(format_args!(
        "Drawbridge {} is up.\n\n  \
           Open            http://localhost:{port}\n  \
           auth-service    http://127.0.0.1:{auth_port}\n  \
           verify-service  http://127.0.0.1:{verify_port}\n  \
           mail            {mail}\n  \
           data            {}\n\n\
         Stop with Ctrl-C.",
        env!("CARGO_PKG_VERSION"),
        folder.display(),
    ));
    serve::run_all(servers).await?;
    Deployment::find(&data)?.query(|c| Ok(c.checkpoint()?)).await?;
    output::line(format_args!("Drawbridge is down."));
    Ok(())
}
