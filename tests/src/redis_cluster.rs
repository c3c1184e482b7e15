use crate::{
    port::free_port,
    redis_node::{PASSWORD_IN_URL, RedisNode, wait_until},
    redis_sentinel::FENCED,
};

const SLOTS: usize = 16_384;

/// How many nodes start as primaries.
const PRIMARIES: usize = 3;

/// A cluster of three primaries. The one with the slot of Drawbridge has two replicas.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisNode>,
    slot: usize,
}

impl RedisCluster {
    /// Starts it, and waits until a failover is possible.
    pub fn start() -> Self {
        let nodes: Vec<_> = (0..PRIMARIES + 2).map(start_node).collect();
        for (index, node) in nodes.iter().enumerate() {
            assert_eq!(node.ask(&format!("CLUSTER SET-CONFIG-EPOCH {}", index + 1)), "OK");
            let (port, bus) = (node.port(), node.port() + 1000);
            assert_eq!(nodes[0].ask(&format!("CLUSTER MEET 127.0.0.1 {port} {bus}")), "OK");
        }
        let slot: usize = nodes[0].ask("CLUSTER KEYSLOT {drawbridge}").parse().unwrap();
        // Node 0 gets the range that contains the slot.
        for (index, node) in nodes.iter().take(PRIMARIES).enumerate() {
            let part = (slot * PRIMARIES / SLOTS + index) % PRIMARIES;
            let first = (part * SLOTS).div_ceil(PRIMARIES);
            let last = ((part + 1) * SLOTS).div_ceil(PRIMARIES) - 1;
            assert_eq!(node.ask(&format!("CLUSTER ADDSLOTSRANGE {first} {last}")), "OK");
        }
        let id = nodes[0].ask("CLUSTER MYID");
        for node in &nodes {
            node.wait_for_fact("CLUSTER INFO", "cluster_state", "ok");
            node.wait_for_fact("CLUSTER INFO", "cluster_known_nodes", &nodes.len().to_string());
        }
        for replica in &nodes[PRIMARIES..] {
            assert_eq!(replica.ask(&format!("CLUSTER REPLICATE {id}")), "OK");
        }
        nodes[0].wait_for_fact("INFO replication", "min_slaves_good_slaves", "2");
        let cluster = Self { nodes, slot };
        wait_until("all nodes to know the replicas", || {
            let replicas = cluster.nodes.iter().map(|node| node.ask(&format!("CLUSTER REPLICAS {id}")));
            replicas.map(|replicas| replicas.lines().count()).all(|count| count == 2)
        });
        cluster
    }

    /// Its URL with two of the nodes.
    pub fn url(&self) -> String {
        let [first, second] = [0, 1].map(|index| self.nodes[index].port());
        format!("redis+cluster://:{PASSWORD_IN_URL}@127.0.0.1:{first},127.0.0.1:{second}")
    }

    /// The nodes. All but the last two start as primaries, and the first one starts with the slot.
    pub fn nodes(&mut self) -> &mut [RedisNode] {
        &mut self.nodes
    }

    /// The index of the node that holds the slot, according to node `source`.
    pub fn holder(&self, source: usize) -> Option<usize> {
        let text = self.nodes[source].ask("CLUSTER NODES");
        let holds = |word: &str| {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            first.parse().is_ok_and(|first: usize| first <= self.slot)
                && last.parse().is_ok_and(|last: usize| self.slot <= last)
        };
        let line = text.lines().find(|line| {
            let mut words = line.split(' ').skip(2);
            let flags = words.next().unwrap_or_default();
            flags.contains("master") && !flags.contains("fail") && words.skip(5).any(holds)
        })?;
        let port: u16 = line.split(' ').nth(1)?.split(['@', ':']).nth(1)?.parse().ok()?;
        self.nodes.iter().position(|node| node.port() == port)
    }

    /// Starts to move the slot and its keys to another primary. Clients do not ask that primary for the keys
    /// yet.
    pub fn start_moving_slot(&self, from: usize, to: usize) {
        let (slot, [from, to]) = (self.slot, [from, to].map(|index| &self.nodes[index]));
        let [from_id, to_id] = [from, to].map(|node| node.ask("CLUSTER MYID"));
        assert_eq!(to.ask(&format!("CLUSTER SETSLOT {slot} IMPORTING {from_id}")), "OK");
        assert_eq!(from.ask(&format!("CLUSTER SETSLOT {slot} MIGRATING {to_id}")), "OK");
        loop {
            let keys = from.ask(&format!("CLUSTER GETKEYSINSLOT {slot} 100"));
            let keys: Vec<_> = keys.lines().filter(|key| !key.is_empty()).collect();
            if keys.is_empty() {
                return;
            }
            from.migrate(to.port(), &keys);
        }
    }

    /// Completes the move: the other primary holds the slot.
    pub fn finish_moving_slot(&self, from: usize, to: usize) {
        let id = self.nodes[to].ask("CLUSTER MYID");
        for node in [to, from] {
            assert_eq!(self.nodes[node].ask(&format!("CLUSTER SETSLOT {} NODE {id}", self.slot)), "OK");
        }
    }
}

fn start_node(index: usize) -> RedisNode {
    let port = free_port();
    let bus = (port + 1000).to_string();
    let mut settings = vec![
        ("cluster-enabled", "yes"),
        ("cluster-port", &bus),
        ("cluster-node-timeout", "1500"),
        ("cluster-allow-replica-migration", "no"),
    ];
    settings.extend(RedisNode::with_password());
    // The other primaries have no replicas and would never accept a write.
    if index == 0 || index >= PRIMARIES {
        settings.extend(FENCED);
    }
    RedisNode::start_on(port, &settings)
}
