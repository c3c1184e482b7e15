use reqwest::Method;
use serde_json::Value;
use tests::Visitor;

use super::servers::{Gate, start_server};
use crate::helpers::TestApp;

/// The services, and a web-frontend with an upstream below `/backend`.
pub(super) struct UpstreamSetup {
    pub(super) app: TestApp,
    pub(super) frontend: String,
    /// The origin of the upstream.
    pub(super) upstream: String,
    /// Lets the slow endpoint of the upstream continue.
    pub(super) gate: Gate,
}

impl UpstreamSetup {
    pub(super) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with additional settings of web-frontend.
    pub(super) async fn start_with(settings: &[(&'static str, &str)]) -> Self {
        let app = TestApp::start().await;
        let gate = Gate::default();
        let upstream = start_server(gate.clone());
        let upstreams = format!("/backend={upstream}/v1, /dead=http://127.0.0.1:1");
        let mut all = vec![("UPSTREAMS", upstreams.as_str()), ("TRUSTED_PROXIES", "127.0.0.1")];
        all.extend(settings);
        let frontend = app.start_frontend(&all);
        Self { app, frontend, upstream, gate }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.frontend)
    }
}

/// What the echoing upstream received.
pub(super) async fn received(
    visitor: &mut Visitor,
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
) -> Value {
    let request = visitor.request(method, url);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = visitor.send(request).await;
    answer.assert_status(200);
    answer.json()
}
