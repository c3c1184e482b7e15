use crate::redis_node::{PASSWORD_IN_URL, RedisNode, wait_until};

const MASTER: &str = "drawbridge-master";

/// The settings with which a master stops accepting writes when it loses its replicas, and perhaps the Sentinels, so
/// that it stops before another master is elected.
pub(crate) const FENCED: [(&str, &str); 4] = [
    ("min-replicas-to-write", "1"),
    ("min-replicas-max-lag", "1"),
    ("repl-ping-replica-period", "1"),
    ("repl-diskless-sync-delay", "0"),
];

/// A master with three replicas and three Sentinels.
#[derive(Debug)]
pub struct RedisSentinel {
    servers: Vec<RedisNode>,
    sentinels: Vec<RedisNode>,
}

impl RedisSentinel {
    /// Starts them, and waits until a failover is possible.
    pub fn start() -> Self {
        let settings = [&FENCED[..], &RedisNode::with_password()].concat();
        let master = RedisNode::start(&settings);
        let follows = format!("127.0.0.1 {}", master.port());
        let settings = [&settings[..], &[("replicaof", &follows)]].concat();
        let mut servers = vec![master];
        servers.extend((0..3).map(|_| RedisNode::start(&settings)));
        servers[0].wait_for_fact("INFO replication", "min_slaves_good_slaves", "3");
        let file = format!(
            "bind 127.0.0.1\n\
             sentinel monitor {MASTER} 127.0.0.1 {} 2\n\
             sentinel down-after-milliseconds {MASTER} 1500\n\
             sentinel failover-timeout {MASTER} 5000\n{}",
            servers[0].port(),
            RedisNode::sentinel_with_password(MASTER)
        );
        let sentinels: Vec<_> = (0..3).map(|_| RedisNode::start_sentinel(&file)).collect();
        for sentinel in &sentinels {
            let fact = |name: &str| {
                let text = sentinel.ask(&format!("SENTINEL MASTER {MASTER}"));
                let mut lines = text.lines().skip_while(|line| *line != name);
                lines.nth(1).unwrap_or_default().to_owned()
            };
            wait_until("the Sentinels to know each other", || {
                fact("num-other-sentinels") == "2" && fact("num-slaves") == "3"
            });
        }
        Self { servers, sentinels }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        let hosts = hosts.join(",");
        format!("redis+sentinel://:{PASSWORD_IN_URL}@{hosts}/{MASTER}?sentinel_password={PASSWORD_IN_URL}")
    }

    /// Makes the Sentinels announce another server as the master, without changing any server.
    pub fn announce_master(&self, index: usize) {
        for sentinel in &self.sentinels {
            let port = self.servers[index].port();
            for command in [
                format!("REMOVE {MASTER}"),
                format!("MONITOR {MASTER} 127.0.0.1 {port} 2"),
                format!("SET {MASTER} {}", RedisNode::sentinel_option()),
            ] {
                assert_eq!(sentinel.ask(&format!("SENTINEL {command}")), "OK", "{command}");
            }
        }
    }

    /// The servers.
    pub fn servers(&mut self) -> &mut [RedisNode] {
        &mut self.servers
    }

    /// The index of the master, if all Sentinels agree and the server confirms it.
    pub fn master(&self) -> Option<usize> {
        let question = format!("SENTINEL GET-MASTER-ADDR-BY-NAME {MASTER}");
        let mut ports = self.sentinels.iter().map(|node| node.ask(&question).lines().nth(1)?.parse().ok());
        let port: u16 = ports.next()??;
        if !ports.all(|other| other == Some(port)) {
            return None;
        }
        let index = self.servers.iter().position(|server| server.port() == port)?;
        (self.servers[index].fact("INFO replication", "role") == "master").then_some(index)
    }
}
