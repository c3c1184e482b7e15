use crate::{
    port::free_port,
    redis_node::{PASSWORD_IN_URL, RedisNode, wait_until},
    redis_sentinel::FENCED,
};

const SLOTS: usize = 16_384;

/// The nodes that begin as primaries.
const PRIMARIES: usize = 3;

/// A cluster of three primaries, of which the one that holds our slot has two replicas.
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
        // Node 0 is given the part with our slot.
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
        wait_until("everybody to know the replicas", || {
            let who = cluster.nodes.iter().map(|node| node.ask(&format!("CLUSTER REPLICAS {id}")));
            who.map(|replicas| replicas.lines().count()).all(|count| count == 2)
        });
        cluster
    }

    /// Its URL, which names two of the nodes.
    pub fn url(&self) -> String {
        let [first, second] = [0, 1].map(|index| self.nodes[index].port());
        format!("redis+cluster://:{PASSWORD_IN_URL}@127.0.0.1:{first},127.0.0.1:{second}")
    }

    /// The nodes; all but the last two began as primaries, and the first of them as that of our slot.
    pub fn nodes(&mut self) -> &mut [RedisNode] {
        &mut self.nodes
    }

    /// Which node holds our slot, by what another one says.
    pub fn holder(&self, by: usize) -> Option<usize> {
        let text = self.nodes[by].ask("CLUSTER NODES");
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

    /// Begins to move our slot, with all that is in it, to another primary: what is gone from the one is
    /// not asked of the other yet.
    pub fn begin_to_move_slot(&self, from: usize, to: usize) {
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

    /// Ends that: the other primary holds the slot.
    pub fn end_to_move_slot(&self, from: usize, to: usize) {
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
    // The other primaries have no replicas.
    if index == 0 || index >= PRIMARIES {
        settings.extend(FENCED);
    }
    RedisNode::start_on(port, &settings)
}
