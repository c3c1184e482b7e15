//! PostgreSQL without libpq: diesel's synchronous API over tokio-postgres.

use std::{error::Error, path::PathBuf, sync::LazyLock, time::Duration};

use diesel::ConnectionError;
use diesel_async::{
    AsyncPgConnection,
    async_connection_wrapper::{AsyncConnectionWrapper, BlockOn},
};
use rustls::RootCertStore;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{access::Access, error::DatabaseUnavailable};
use drawbridge_core::{
    settings::Timeouts,
    tls::{self, Authorities},
};

/// A connection to PostgreSQL.
pub(super) type PostgresConnection = AsyncConnectionWrapper<AsyncPgConnection, DatabaseRuntime>;

/// The thread that reads and writes all PostgreSQL sockets of the process. The wrapper asks for it by type, so it
/// cannot be passed in.
pub struct DatabaseRuntime;

#[expect(clippy::expect_used, reason = "without this thread no query can run")]
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("postgres-io")
        .enable_all()
        .build()
        .expect("a thread for the database's sockets")
});

impl BlockOn for DatabaseRuntime {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        RUNTIME.block_on(future)
    }

    fn get_runtime() -> Self {
        Self
    }
}

/// The settings in a PostgreSQL URL.
pub(super) struct Settings {
    config: Config,
    encrypted: bool,
    root_certificate: Option<PathBuf>,
}

/// Parses a URL. `sslmode` is `disable` (the default without `sslrootcert`), or `require`, `verify-ca` or
/// `verify-full`, which all encrypt and verify. `sslrootcert` names a file with certificate authorities to trust
/// instead of the public ones. tokio-postgres supports neither the `verify` modes nor `sslrootcert`, and its `prefer`
/// would fall back to plain text.
pub(super) fn settings(url: &str) -> Result<Settings, String> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut sslmode, mut root_certificate, mut kept) = (None, None, Vec::new());
    // Other parameters are passed on unchanged: re-encoding would turn spaces into plus signs.
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match url::form_urlencoded::parse(parameter.as_bytes()).next() {
            Some((name, value)) if name == "sslmode" => sslmode = Some(value.into_owned()),
            Some((name, value)) if name == "sslrootcert" => root_certificate = Some(PathBuf::from(&*value)),
            _ => kept.push(parameter),
        }
    }
    let encrypted = match (sslmode.as_deref(), &root_certificate) {
        (Some("require" | "verify-ca" | "verify-full"), _) | (None, Some(_)) => true,
        (None | Some("disable"), None) => false,
        (Some("disable"), Some(_)) => return Err("has sslrootcert, but sslmode=disable; keep one".into()),
        (Some(other), _) => return Err(format!("has sslmode={other}; use disable, require or verify-full")),
    };
    let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    let mut config: Config =
        url.parse().map_err(|error| format!("is not a PostgreSQL URL ({})", chain(&error)))?;
    // Notice a vanished server within seconds instead of TCP's 15 minutes.
    config
        .ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable })
        .tcp_user_timeout(Duration::from_secs(5))
        .keepalives_idle(Duration::from_secs(5))
        .keepalives_interval(Duration::from_secs(1))
        .keepalives_retries(3)
        .application_name("drawbridge");
    Ok(Settings { config, encrypted, root_certificate })
}

/// Connects.
pub(super) fn connect(
    url: &str,
    access: Access,
    timeouts: Timeouts,
) -> Result<PostgresConnection, DatabaseUnavailable> {
    let settings = settings(url).map_err(DatabaseUnavailable)?;
    let unreachable = |error: &dyn Error| DatabaseUnavailable(chain(error));
    let mut config = settings.config;
    config.connect_timeout(timeouts.connect);
    if access == Access::Read {
        let options = config.get_options().unwrap_or_default();
        config.options(format!("{options} -c default_transaction_read_only=on").trim_start());
    }
    let connect = async {
        let connection = if settings.encrypted {
            let roots = roots(settings.root_certificate).map_err(DatabaseUnavailable)?;
            let tls = MakeRustlsConnect::new(tls::client_config(roots));
            let (client, connection) = config.connect(tls).await.map_err(|error| unreachable(&error))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        } else {
            let (client, connection) = config.connect(NoTls).await.map_err(|error| unreachable(&error))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        };
        connection.map(PostgresConnection::from).map_err(|error: ConnectionError| unreachable(&error))
    };
    // The driver's own limit covers the TCP connection only; this one covers TLS and the start-up messages too.
    RUNTIME.block_on(async {
        let connected = tokio::time::timeout(timeouts.connect + timeouts.answer, connect).await;
        connected.unwrap_or_else(|_| Err(DatabaseUnavailable("no answer in time while connecting".into())))
    })
}

fn roots(file: Option<PathBuf>) -> Result<RootCertStore, String> {
    match file {
        None => Ok(tls::trusted_roots()),
        Some(file) => match Authorities::from_file(&file) {
            Ok(authorities) => Ok(authorities.roots()),
            Err(reason) => Err(format!("sslrootcert {reason}")),
        },
    }
}

/// An error with its causes: the first line alone says little.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
