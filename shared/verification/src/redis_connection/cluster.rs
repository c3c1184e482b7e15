//! A cluster: each node says who holds a slot.

use std::sync::{Mutex, PoisonError};

use redis::{ConnectionAddr, ConnectionInfo, RedisResult, Value, from_redis_value};

use super::claims::{Address, Claim, ask, at, newest, nobody};

/// Any key of ours: all of them are in one slot.
const KEY: &str = "{drawbridge}";

/// A cluster, of which any node says who holds a slot.
pub(super) struct Cluster {
    seeds: Vec<ConnectionInfo>,
    /// The slot's primary and its replicas, as they were told last: one of them is the next primary, also
    /// when no seed is left.
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

    /// How a server is connected to.
    pub(super) fn server(&self) -> Option<&ConnectionInfo> {
        self.seeds.first()
    }

    /// The primary of the slot, by the newest of what the nodes say.
    pub(super) async fn find(&self) -> RedisResult<ConnectionInfo> {
        let server = self.server().ok_or_else(nobody)?;
        let mut nodes = self.seeds.clone();
        let learnt = self.shard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for node in learnt.into_iter().map(|address| at(server, address)) {
            if nodes.iter().all(|known| known.addr() != node.addr()) {
                nodes.push(node);
            }
        }
        let shard = newest(nodes.into_iter().map(ask_node)).await?.address;
        let primary = shard.first().cloned().ok_or_else(nobody)?;
        *self.shard.lock().unwrap_or_else(PoisonError::into_inner) = shard;
        Ok(at(server, primary))
    }
}

/// Who holds the slot, and who follows.
async fn ask_node(node: ConnectionInfo) -> RedisResult<Claim<Vec<Address>>> {
    let host = match node.addr() {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host.clone(),
        _ => String::new(),
    };
    let mut question = redis::pipe();
    question.cmd("CLUSTER").arg("INFO").cmd("CLUSTER").arg("KEYSLOT").arg(KEY).cmd("CLUSTER").arg("SLOTS");
    let (info, slot, slots): (String, u16, Vec<Vec<Value>>) = ask(node, &question).await?;
    let fact = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    // A node that is cut off from most of the others says what was true before.
    let is_well = fact("cluster_state").is_some_and(|state| state.trim() == "ok");
    let epoch = fact("cluster_current_epoch").and_then(|epoch| epoch.trim().parse().ok()).unwrap_or(0);
    let shard = slots.into_iter().find_map(|range| holders(slot, range, &host)).ok_or_else(nobody)?;
    Ok(Claim { rank: (is_well, epoch), address: shard })
}

/// The primary of a range of slots and its replicas, if the slot is in it.
fn holders(slot: u16, range: Vec<Value>, asked: &str) -> Option<Vec<Address>> {
    let mut parts = range.into_iter();
    let first: u16 = from_redis_value(parts.next()?).ok()?;
    let last: u16 = from_redis_value(parts.next()?).ok()?;
    (first..=last).contains(&slot).then(|| parts.filter_map(|node| address(node, asked)).collect())
}

/// A node's address; one that does not know its own is where it was asked.
fn address(node: Value, asked: &str) -> Option<Address> {
    let Value::Array(parts) = node else { return None };
    let mut parts = parts.into_iter();
    let host: Option<String> = from_redis_value(parts.next()?).ok()?;
    let port = from_redis_value(parts.next()?).ok()?;
    Some((host.filter(|host| !host.is_empty()).unwrap_or_else(|| asked.to_owned()), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    #[test]
    fn the_holders_of_a_slot_are_read() {
        let node =
            |host: Value, port| Value::Array(vec![host, Value::Int(port), text("id"), Value::Array(vec![])]);
        let range =
            vec![Value::Int(5), Value::Int(9), node(text("one"), 1), node(Value::Nil, 2), node(text(""), 3)];
        let holders = |slot| holders(slot, range.clone(), "asked");
        let all = [("one".to_owned(), 1), ("asked".to_owned(), 2), ("asked".to_owned(), 3)];
        assert_eq!(holders(5).unwrap(), all);
        assert_eq!(holders(9).unwrap(), all);
        assert_eq!((holders(4), holders(10)), (None, None));
    }
}
