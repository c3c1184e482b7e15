//! Sentinels: each says where the master is, and by which election.

use std::collections::HashMap;

use redis::{ConnectionInfo, RedisResult};

use super::claims::{Address, Claim, ask, at, newest, nobody};

/// Sentinels, which say where the master is.
pub(super) struct Sentinels {
    pub(super) nodes: Vec<ConnectionInfo>,
    /// The master's name.
    pub(super) master: String,
    /// How the master is connected to, but for its address.
    pub(super) server: ConnectionInfo,
}

impl Sentinels {
    /// The master, by the newest of what the sentinels say.
    pub(super) async fn find(&self) -> RedisResult<ConnectionInfo> {
        let answers = self.nodes.iter().map(|node| self.ask(node.clone()));
        Ok(at(&self.server, newest(answers).await?.address))
    }

    async fn ask(&self, node: ConnectionInfo) -> RedisResult<Claim> {
        let mut question = redis::pipe();
        // While a failover goes on, the first names the new master sooner; the second says how new it is.
        question.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
        question.cmd("SENTINEL").arg("MASTER").arg(&self.master);
        let answer: (Option<Address>, HashMap<String, String>) = ask(node, &question).await?;
        let (Some(address), facts) = answer else { return Err(nobody()) };
        let epoch = facts.get("config-epoch").and_then(|epoch| epoch.parse().ok()).unwrap_or(0);
        Ok(Claim { rank: (true, epoch), address })
    }
}
