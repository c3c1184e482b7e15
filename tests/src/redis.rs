use std::env;

use crate::{process::Process, redis_node::RedisNode};

/// The Redis server in `REDIS_URL`, or a temporary one that stores nothing on disk.
#[derive(Debug)]
pub struct Redis {
    url: String,
    own: Option<RedisNode>,
}

impl Redis {
    /// Starts the server.
    pub fn start() -> Self {
        if let Ok(url) = env::var("REDIS_URL") {
            return Self { url, own: None };
        }
        let own = RedisNode::start(&[]);
        Self { url: format!("redis://127.0.0.1:{}", own.port()), own: Some(own) }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process of a temporary server.
    pub fn process(&self) -> Option<&Process> {
        self.own.as_ref().and_then(RedisNode::process)
    }

    /// Restarts the temporary server on its port, even if it still runs. Its data is that of the last call of
    /// [`Redis::save`], or none.
    pub fn restart(&mut self) {
        self.own.as_mut().unwrap().restart();
    }

    /// Saves the data of the temporary server to disk.
    pub fn save(&self) {
        assert_eq!(self.own.as_ref().unwrap().ask("SAVE"), "OK");
    }
}
