//! PostgreSQL without libpq: diesel's synchronous API over tokio-postgres.

use std::{error::Error, path::PathBuf, sync::LazyLock, time::Duration};

use diesel::ConnectionError;
use diesel_async::{
    AsyncPgConnection,
    async_connection_wrapper::{AsyncConnectionWrapper, BlockOn},
};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Config, NoTls, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use super::{Access, DatabaseUnavailable};
use crate::tls;

/// A connection to PostgreSQL.
pub(super) type PostgresConnection = AsyncConnectionWrapper<AsyncPgConnection, DatabaseRuntime>;

/// The one thread on which all PostgreSQL sockets of the process are read and written. The wrapper
/// asks for it by type, so it cannot be handed in.
pub struct DatabaseRuntime;

#[expect(clippy::expect_used, reason = "without a thread to spare no query can run")]
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

/// What a PostgreSQL URL says.
pub(super) struct Settings {
    config: Config,
    encrypted: bool,
    root_certificate: Option<PathBuf>,
}

/// Reads a URL. `sslmode` is `disable` (the default), or `require`, `verify-ca` or `verify-full`,
/// which all encrypt and verify; `sslrootcert` names a file of authorities instead of the public
/// ones. tokio-postgres knows neither, and its `prefer` would fall back to plain text.
pub(super) fn settings(url: &str) -> Result<Settings, String> {
    let mut url = Url::parse(url).map_err(|error| format!("is not a URL ({error})"))?;
    let mut encrypted = false;
    let mut root_certificate = None;
    let mut kept = Vec::new();
    for (name, value) in url.query_pairs() {
        match (name.as_ref(), value.as_ref()) {
            ("sslmode", "disable") => encrypted = false,
            ("sslmode", "require" | "verify-ca" | "verify-full") => encrypted = true,
            ("sslmode", other) => {
                return Err(format!("has sslmode={other}; take disable, require or verify-full"));
            }
            ("sslrootcert", path) => root_certificate = Some(PathBuf::from(path)),
            _ => kept.push((name.into_owned(), value.into_owned())),
        }
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    let mut config: Config =
        url.as_str().parse().map_err(|error| format!("is not a PostgreSQL URL ({})", chain(&error)))?;
    config
        .ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable })
        .connect_timeout(Duration::from_secs(1))
        .keepalives_idle(Duration::from_secs(30))
        .application_name("drawbridge");
    Ok(Settings { config, encrypted, root_certificate })
}

/// Connects.
pub(super) fn connect(url: &str, access: Access) -> Result<PostgresConnection, DatabaseUnavailable> {
    let settings = settings(url).map_err(DatabaseUnavailable)?;
    let unreachable = |error: &dyn Error| DatabaseUnavailable(chain(error));
    let mut config = settings.config;
    if access == Access::Read {
        config.options("-c default_transaction_read_only=on");
    }
    RUNTIME.block_on(async {
        let connection = if settings.encrypted {
            let roots = roots(settings.root_certificate).map_err(DatabaseUnavailable)?;
            let tls = MakeRustlsConnect::new(tls::client_config(roots));
            let (client, connection) = config.connect(tls).await.map_err(|error| unreachable(&error))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        } else {
            let (client, connection) = config.connect(NoTls).await.map_err(|error| unreachable(&error))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        };
        let connection = connection.map_err(|error: ConnectionError| unreachable(&error))?;
        Ok(PostgresConnection::from(connection))
    })
}

fn roots(file: Option<PathBuf>) -> Result<RootCertStore, String> {
    let Some(file) = file else { return Ok(tls::public_roots()) };
    let named = |what: String| format!("sslrootcert {}: {what}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&file).map_err(|error| named(error.to_string()))? {
        let certificate = certificate.map_err(|error| named(error.to_string()))?;
        roots.add(certificate).map_err(|error| named(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(named("holds no certificate".into()));
    }
    Ok(roots)
}

/// An error with what caused it; the top line alone says little.
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
