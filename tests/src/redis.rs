use std::env;

use crate::{process::Process, redis_node::RedisNode};

/// A Redis server: the one that `REDIS_URL` names, or one of our own that keeps nothing on disk.
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

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's process, if it is our own.
    pub fn process(&self) -> Option<&Process> {
        self.own.as_ref().and_then(RedisNode::process)
    }

    /// Starts our own server again on its port, whether or not it still runs. It knows what it knew
    /// when [`Redis::save`] was called last: nothing, if it never was.
    pub fn restart(&mut self) {
        self.own.as_mut().unwrap().restart();
    }

    /// Lets our own server write down what it knows.
    pub fn save(&self) {
        assert_eq!(self.own.as_ref().unwrap().ask("SAVE"), "OK");
    }
}
