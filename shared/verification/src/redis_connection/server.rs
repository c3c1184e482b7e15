use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, ProtocolVersion, RedisError, RedisResult,
    aio::MultiplexedConnection,
};

use super::{cluster::Cluster, sentinel::Sentinels, timeouts::REDIS_CONNECT_TIMEOUT};

/// The one server that holds our data, however it is found.
#[derive(Clone)]
pub struct RedisServer(Arc<Inner>);

struct Inner {
    discovery: Discovery,
    /// The address of the last master, for the log.
    last_address: Mutex<Option<String>>,
}

/// How the server is found.
enum Discovery {
    Fixed(Client),
    Sentinels(Sentinels),
    Cluster(Cluster),
}

/// A connection to the server.
pub(crate) struct OpenedConnection {
    pub(crate) connection: MultiplexedConnection,
    /// Connects to the same server again.
    pub(crate) client: Client,
}

impl fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The discovery contains passwords.
        f.write_str("RedisServer(..)")
    }
}

impl From<Discovery> for RedisServer {
    fn from(discovery: Discovery) -> Self {
        Self(Arc::new(Inner { discovery, last_address: Mutex::default() }))
    }
}

impl From<Client> for RedisServer {
    fn from(client: Client) -> Self {
        Discovery::Fixed(client).into()
    }
}

impl From<Sentinels> for RedisServer {
    fn from(sentinels: Sentinels) -> Self {
        Discovery::Sentinels(sentinels).into()
    }
}

impl From<Cluster> for RedisServer {
    fn from(cluster: Cluster) -> Self {
        Discovery::Cluster(cluster).into()
    }
}

impl RedisServer {
    /// Connects to the current master.
    pub(crate) async fn open(
        &self,
        config: &AsyncConnectionConfig,
        protocol: Option<ProtocolVersion>,
    ) -> RedisResult<OpenedConnection> {
        let client = self.find().await?;
        let info = client.get_connection_info();
        let settings = info.redis_settings().clone();
        let settings = match protocol {
            Some(protocol) => settings.set_protocol(protocol),
            None => settings,
        };
        let configured = Client::open(info.clone().set_redis_settings(settings))?;
        let mut connection = configured.get_multiplexed_async_connection_with_config(config).await?;
        if !self.is_fixed() {
            check_is_master(&mut connection).await?;
            self.log_new_master(&client);
        }
        Ok(OpenedConnection { connection, client })
    }

    /// Connects once, and logs an error if no certificate of the server is trusted. Other failures are left to the
    /// connections that follow.
    pub async fn report_untrusted_certificate(self) {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(REDIS_CONNECT_TIMEOUT));
        if let Err(error) = self.open(&config, None).await
            && is_tls_error(&error)
        {
            tracing::error!(%error, "Redis has no trusted certificate: name its authority with ca= in REDIS_URL");
        }
    }

    /// Returns true if another server is the master now.
    pub(crate) async fn is_elsewhere(&self, client: &Client) -> bool {
        let address = |client: &Client| client.get_connection_info().addr().clone();
        !self.is_fixed() && self.find().await.is_ok_and(|found| address(&found) != address(client))
    }

    /// Returns true if the error may mean that another server is the master now.
    pub(super) fn may_be_elsewhere(&self, error: &RedisError) -> bool {
        !self.is_fixed() && (error.is_timeout() || is_not_master_error(error))
    }

    /// The number of the database.
    pub(super) fn db(&self) -> i64 {
        let info = match &self.0.discovery {
            Discovery::Fixed(client) => Some(client.get_connection_info()),
            Discovery::Sentinels(sentinels) => Some(&sentinels.server),
            Discovery::Cluster(cluster) => cluster.server(),
        };
        info.map_or(0, |info| info.redis_settings().db())
    }

    fn is_fixed(&self) -> bool {
        matches!(self.0.discovery, Discovery::Fixed(_))
    }

    async fn find(&self) -> RedisResult<Client> {
        match &self.0.discovery {
            Discovery::Fixed(client) => Ok(client.clone()),
            Discovery::Sentinels(sentinels) => Client::open(sentinels.find_master().await?),
            Discovery::Cluster(cluster) => Client::open(cluster.find_primary().await?),
        }
    }

    fn log_new_master(&self, client: &Client) {
        let server = client.get_connection_info().addr().to_string();
        let mut last_address = self.0.last_address.lock().unwrap_or_else(PoisonError::into_inner);
        if last_address.as_ref() != Some(&server) {
            tracing::info!(server, "Redis: this server is the master now");
            *last_address = Some(server);
        }
    }
}

/// Returns true if the TLS handshake failed. The library does not reveal the error that it wraps.
fn is_tls_error(error: &RedisError) -> bool {
    error.to_string().contains("certificate")
}

/// Fails if the server is a replica. Uses `INFO`, so that no permission for another command is needed.
async fn check_is_master(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let info: String = redis::cmd("INFO").arg("replication").query_async(connection).await?;
    if info.lines().any(|line| line.trim() == "role:master") {
        // Redis reports the number of good replicas only if min-replicas-to-write is set.
        if !info.contains("connected_slaves:0") && !info.contains("min_slaves_good_slaves:") {
            tracing::warn!(
                "min-replicas-to-write is not set in this Redis: a master that is cut off keeps accepting \
                 writes, and a session that was ended elsewhere may still be accepted here (decision 0018)"
            );
        }
        return Ok(());
    }
    Err((ErrorKind::Io, "the server reported as master is a replica").into())
}

/// Returns true if the server is up, but does not serve our data or does not accept writes.
fn is_not_master_error(error: &RedisError) -> bool {
    const CODES: [&str; 7] =
        ["READONLY", "MOVED", "ASK", "CLUSTERDOWN", "MASTERDOWN", "LOADING", "NOREPLICAS"];
    // A script passes on the errors of its commands. Before Redis 7, it wraps them in another text.
    let is_in_script = |code: &&str| error.detail().is_some_and(|text| text.contains(&format!("-{code} ")));
    error.code().is_some_and(|code| CODES.contains(&code)) || CODES.iter().any(is_in_script)
}
