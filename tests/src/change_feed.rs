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
        assert_eq!(response.status(), 200);
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
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk())
                .await
                .unwrap_or_else(|_| panic!("no event arrives"));
            self.text.push_str(std::str::from_utf8(&chunk.ok().flatten()?).unwrap());
            while let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                self.events.extend(parse(&event));
            }
        }
    }

    /// Waits for the next event with this name, and returns its data. Events before it are dropped.
    pub async fn wait_for(&mut self, name: &str) -> Value {
        let find = async {
            loop {
                let event = self.next().await.unwrap_or_else(|| panic!("the feed ended without {name}"));
                if event.name == name {
                    return event.data;
                }
            }
        };
        tokio::time::timeout(PATIENCE, find).await.unwrap_or_else(|_| panic!("no event {name} arrives"))
    }

    /// Waits for the end of the feed.
    pub async fn wait_for_end(&mut self) {
        let read = async { while self.next().await.is_some() {} };
        tokio::time::timeout(PATIENCE, read).await.unwrap_or_else(|_| panic!("the feed does not end"));
    }
}

/// Parses an event; `None` for a comment.
fn parse(text: &str) -> Option<FeedEvent> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let name = field("event")?.to_owned();
    Some(FeedEvent { name, data: serde_json::from_str(field("data")?).unwrap() })
}
