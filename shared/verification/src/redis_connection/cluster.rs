use std::sync::{Mutex, PoisonError};

use redis::{ConnectionAddr, ConnectionInfo, RedisResult, Value, from_redis_value};

use super::{
    master_claims::{Claim, Rank, find_highest, no_master},
    node::{Address, query},
};

/// Any of our keys. All of them are in the same slot.
const ANY_KEY: &str = "{drawbridge}";

/// A cluster, in which every node knows which nodes hold our slot.
pub(super) struct Cluster {
    seeds: Vec<ConnectionInfo>,
    /// The primary of the slot and its replicas, as last reported. One of them will be the next primary, even
    /// if no seed is left.
    shard: Mutex<Vec<Address>>,
}

impl Cluster {
    pub(super) fn new(seeds: Vec<ConnectionInfo>) -> Self {
        Self { seeds, shard: Mutex::default() }
    }

    #[cfg(test)]
    pub(super) fn seeds(&self) -> &[ConnectionInfo] {
        &self.seeds
    }

    /// How to connect to a server of the cluster, except for its address.
    pub(super) fn server(&self) -> Option<&ConnectionInfo> {
        self.seeds.first()
    }

    /// Finds the primary of our slot.
    pub(super) async fn find_primary(&self) -> RedisResult<ConnectionInfo> {
        let server = self.server().ok_or_else(no_master)?;
        let mut nodes = self.seeds.clone();
        let shard = self.shard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for node in shard.into_iter().map(|address| address.connection_info(server)) {
            if nodes.iter().all(|known| known.addr() != node.addr()) {
                nodes.push(node);
            }
        }
        let shard = find_highest(nodes.into_iter().map(ask)).await?.master;
        let primary = shard.first().cloned().ok_or_else(no_master)?;
        *self.shard.lock().unwrap_or_else(PoisonError::into_inner) = shard;
        Ok(primary.connection_info(server))
    }
}

/// Asks a node which nodes hold our slot: the primary, then its replicas.
async fn ask(node: ConnectionInfo) -> RedisResult<Claim<Vec<Address>>> {
    let node_host = match node.addr() {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host.clone(),
        _ => String::new(),
    };
    let mut commands = redis::pipe();
    commands.cmd("CLUSTER").arg("INFO");
    commands.cmd("CLUSTER").arg("KEYSLOT").arg(ANY_KEY);
    commands.cmd("CLUSTER").arg("SLOTS");
    let (info, slot, ranges): (String, u16, Vec<Vec<Value>>) = query(node, &commands).await?;
    let fact = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    // A node that is cut off from most of the others reports an earlier state.
    let is_connected = fact("cluster_state").is_some_and(|state| state.trim() == "ok");
    let election = fact("cluster_current_epoch").and_then(|epoch| epoch.trim().parse().ok()).unwrap_or(0);
    let mut shards = ranges.into_iter().filter_map(|range| shard_of_range(slot, range, &node_host));
    let shard = shards.next().ok_or_else(no_master)?;
    Ok(Claim { rank: Rank { is_connected, election }, master: shard })
}

/// The primary of a range of slots and its replicas, if the range contains the slot.
fn shard_of_range(slot: u16, range: Vec<Value>, node_host: &str) -> Option<Vec<Address>> {
    let mut parts = range.into_iter();
    let first: u16 = from_redis_value(parts.next()?).ok()?;
    let last: u16 = from_redis_value(parts.next()?).ok()?;
    (first..=last).contains(&slot).then(|| parts.filter_map(|node| parse_address(node, node_host)).collect())
}

/// The address of a node. A node that does not know its own host is reached at the host that was asked.
fn parse_address(node: Value, node_host: &str) -> Option<Address> {
    let Value::Array(parts) = node else { return None };
    let mut parts = parts.into_iter();
    let host: Option<String> = from_redis_value(parts.next()?).ok()?;
    let port = from_redis_value(parts.next()?).ok()?;
    Some(Address { host: host.filter(|host| !host.is_empty()).unwrap_or_else(|| node_host.to_owned()), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    fn node(host: Value, port: i64) -> Value {
        Value::Array(vec![host, Value::Int(port), text("id"), Value::Array(vec![])])
    }

    /// Slots 5 to 9.
    fn range() -> Vec<Value> {
        vec![Value::Int(5), Value::Int(9), node(text("one"), 1), node(Value::Nil, 2), node(text(""), 3)]
    }

    #[test]
    fn the_shard_of_a_slot_lists_its_primary_and_replicas() {
        let address = |host: &str, port| Address { host: host.to_owned(), port };
        let shard = vec![address("one", 1), address("asked", 2), address("asked", 3)];

        for slot in [5, 9] {
            assert_eq!(shard_of_range(slot, range(), "asked").as_ref(), Some(&shard), "slot {slot}");
        }
    }

    #[test]
    fn a_slot_outside_the_range_has_no_shard() {
        for slot in [4, 10] {
            assert_eq!(shard_of_range(slot, range(), "asked"), None, "slot {slot}");
        }
    }
}
