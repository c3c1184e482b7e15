//! The one server that holds what is ours, and the search for it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, ProtocolVersion, RedisError, RedisResult,
    aio::MultiplexedConnection,
};

use super::{cluster::Cluster, sentinel::Sentinels};

/// The one server that holds what is ours, however it is found.
#[derive(Clone)]
pub struct RedisServer(Arc<Place>);

struct Place {
    found_by: FoundBy,
    /// Where it was last, for the log.
    last: Mutex<Option<String>>,
}

enum FoundBy {
    Url(Client),
    Sentinels(Sentinels),
    Cluster(Cluster),
}

impl fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What it is found by holds passwords.
        f.write_str("RedisServer(..)")
    }
}

impl From<FoundBy> for RedisServer {
    fn from(found_by: FoundBy) -> Self {
        Self(Arc::new(Place { found_by, last: Mutex::default() }))
    }
}

impl From<Client> for RedisServer {
    fn from(client: Client) -> Self {
        FoundBy::Url(client).into()
    }
}

impl From<Sentinels> for RedisServer {
    fn from(sentinels: Sentinels) -> Self {
        FoundBy::Sentinels(sentinels).into()
    }
}

impl From<Cluster> for RedisServer {
    fn from(cluster: Cluster) -> Self {
        FoundBy::Cluster(cluster).into()
    }
}

impl RedisServer {
    /// Connects to the server that is the master now; the client leads to that very one.
    pub(crate) async fn open(
        &self,
        config: &AsyncConnectionConfig,
        protocol: Option<ProtocolVersion>,
    ) -> RedisResult<(MultiplexedConnection, Client)> {
        let client = self.find().await?;
        let info = client.get_connection_info();
        let settings = info.redis_settings().clone();
        let settings = match protocol {
            Some(protocol) => settings.set_protocol(protocol),
            None => settings,
        };
        let opened = Client::open(info.clone().set_redis_settings(settings))?;
        let mut connection = opened.get_multiplexed_async_connection_with_config(config).await?;
        if !self.is_fixed() {
            check_master(&mut connection).await?;
            self.note(&client);
        }
        Ok((connection, client))
    }

    /// Whether another server is the master by now.
    pub(crate) async fn is_elsewhere(&self, client: &Client) -> bool {
        let address = |client: &Client| client.get_connection_info().addr().clone();
        !self.is_fixed() && self.find().await.is_ok_and(|found| address(&found) != address(client))
    }

    /// Whether an answer says that another server may be the master by now.
    pub(super) fn may_be_elsewhere(&self, error: &RedisError) -> bool {
        !self.is_fixed() && (error.is_timeout() || is_not_served(error))
    }

    /// The number of the database.
    pub(super) fn db(&self) -> i64 {
        let info = match &self.0.found_by {
            FoundBy::Url(client) => Some(client.get_connection_info()),
            FoundBy::Sentinels(sentinels) => Some(&sentinels.server),
            FoundBy::Cluster(cluster) => cluster.server(),
        };
        info.map_or(0, |info| info.redis_settings().db())
    }

    /// Whether there is no other server that it could be.
    fn is_fixed(&self) -> bool {
        matches!(self.0.found_by, FoundBy::Url(_))
    }

    async fn find(&self) -> RedisResult<Client> {
        match &self.0.found_by {
            FoundBy::Url(client) => Ok(client.clone()),
            FoundBy::Sentinels(sentinels) => Client::open(sentinels.find().await?),
            FoundBy::Cluster(cluster) => Client::open(cluster.find().await?),
        }
    }

    fn note(&self, client: &Client) {
        let server = client.get_connection_info().addr().to_string();
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(&server) {
            tracing::info!(server, "Redis: this server is the master now");
            *last = Some(server);
        }
    }
}

/// Asked by `INFO`, as its run is: no other command has to be permitted.
async fn check_master(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let info: String = redis::cmd("INFO").arg("replication").query_async(connection).await?;
    if info.lines().any(|line| line.trim() == "role:master") {
        // The number of replicas in reach stands there only where it is required.
        if !info.contains("connected_slaves:0") && !info.contains("min_slaves_good_slaves:") {
            tracing::warn!(
                "this Redis has no min-replicas-to-write: a master that was cut off takes writes as another one \
                 does, and a session that is ended there may be honoured here (decision 0018)"
            );
        }
        return Ok(());
    }
    Err((ErrorKind::Io, "the server that is said to be the master is a replica").into())
}

/// Whether the server is there, but does not serve what is ours, or does not let it be written.
fn is_not_served(error: &RedisError) -> bool {
    const CODES: [&str; 7] =
        ["READONLY", "MOVED", "ASK", "CLUSTERDOWN", "MASTERDOWN", "LOADING", "NOREPLICAS"];
    // A script hands on what a command in it was told, before Redis 7 within a text of its own.
    let is_in_script = |code: &&str| error.detail().is_some_and(|text| text.contains(&format!("-{code} ")));
    error.code().is_some_and(|code| CODES.contains(&code)) || CODES.iter().any(is_in_script)
}
