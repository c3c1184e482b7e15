use std::{collections::VecDeque, time::Duration};

use reqwest::{RequestBuilder, Response};
use serde_json::Value;

/// How long an event that must come is awaited.
const PATIENCE: Duration = Duration::from_secs(10);

/// An event of the change feed.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedEvent {
    /// Its name, such as `watermark`.
    pub name: String,
    /// Its data.
    pub data: Value,
}

/// An open change feed (`GET /api/changes`).
#[derive(Debug)]
pub struct ChangeFeed {
    response: Response,
    text: String,
    events: VecDeque<FeedEvent>,
}

impl ChangeFeed {
    /// Opens the feed with a request that must be accepted.
    pub async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let status = response.status();
        if status != 200 {
            panic!("{status}: {}", response.text().await.unwrap());
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { response, text: String::new(), events: VecDeque::new() }
    }

    /// The next event; `None` at the end of the feed.
    pub async fn next(&mut self) -> Option<FeedEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let chunk =
                tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("no event arrives");
            self.text.push_str(std::str::from_utf8(&chunk.ok().flatten()?).unwrap());
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                self.events.extend(parse(event));
                self.text = rest.to_owned();
            }
        }
    }

    /// Waits for the next event with this name, and returns its data. Events before it are dropped.
    pub async fn wait_for(&mut self, name: &str) -> Value {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("the feed ended without {name}"));
            if event.name == name {
                return event.data;
            }
        }
    }

    /// Waits for the end of the feed, and returns the names of the events before it.
    pub async fn wait_for_end(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(event) = self.next().await {
            names.push(event.name);
        }
        names
    }
}

/// Parses an event; `None` for a comment.
fn parse(text: &str) -> Option<FeedEvent> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let name = field("event")?.to_owned();
    Some(FeedEvent { name, data: serde_json::from_str(field("data")?).unwrap() })
}
