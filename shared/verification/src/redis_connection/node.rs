use redis::{Client, ConnectionAddr, ConnectionInfo, FromRedisValue, Pipeline, RedisResult};

use super::timeouts::{REDIS_CONNECT_TIMEOUT, timed_out};

/// A host and a port, as Sentinels and cluster nodes report them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    /// The connection settings of `info`, with this address.
    pub(super) fn connection_info(self, info: &ConnectionInfo) -> ConnectionInfo {
        let Self { host, port } = self;
        let address = match info.addr() {
            ConnectionAddr::TcpTls { tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: tls_params.clone() }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        info.clone().set_addr(address)
    }
}

/// Sends commands to a Sentinel or a cluster node over a connection of their own, with a time limit for
/// everything.
pub(super) async fn query<T: FromRedisValue>(node: ConnectionInfo, commands: &Pipeline) -> RedisResult<T> {
    let queried = async {
        let mut connection = Client::open(node)?.get_multiplexed_async_connection().await?;
        commands.query_async(&mut connection).await
    };
    tokio::time::timeout(REDIS_CONNECT_TIMEOUT, queried).await.unwrap_or_else(|_| Err(timed_out()))
}
