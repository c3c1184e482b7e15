use std::collections::HashMap;

use redis::{ConnectionInfo, RedisResult};

use super::{
    master_claims::{Claim, Rank, find_highest, no_master},
    node::{Address, query},
};

/// Sentinels, each of which knows the master and its election.
pub(super) struct Sentinels {
    pub(super) nodes: Vec<ConnectionInfo>,
    /// The name under which the Sentinels know the master.
    pub(super) master: String,
    /// How to connect to the master, except for its address.
    pub(super) server: ConnectionInfo,
}

impl Sentinels {
    /// Finds the master.
    pub(super) async fn find_master(&self) -> RedisResult<ConnectionInfo> {
        let claims = self.nodes.iter().map(|node| self.ask(node.clone()));
        Ok(find_highest(claims).await?.master.connection_info(&self.server))
    }

    async fn ask(&self, node: ConnectionInfo) -> RedisResult<Claim<Address>> {
        let mut commands = redis::pipe();
        // During a failover, the first command returns the new master earlier; the second says how new it is.
        commands.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
        commands.cmd("SENTINEL").arg("MASTER").arg(&self.master);
        let (address, facts): (Option<(String, u16)>, HashMap<String, String>) =
            query(node, &commands).await?;
        let (host, port) = address.ok_or_else(no_master)?;
        let election = facts.get("config-epoch").and_then(|epoch| epoch.parse().ok()).unwrap_or(0);
        Ok(Claim { rank: Rank { is_connected: true, election }, master: Address { host, port } })
    }
}
