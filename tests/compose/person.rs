use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use reqwest::{Client, Response, header};
use tests::{PASSWORD, credentials};

use crate::{crowd::Shared, project::client};

/// How long after its end a session may be accepted, under any single failure.
const REVOCATION_BOUND: Duration = Duration::from_secs(4);

/// One user of the crowd.
pub(crate) struct Person {
    shared: Arc<Shared>,
    email: String,
    /// The client of a user who keeps connections.
    client: Option<Client>,
}

/// A request that failed and has already been counted.
#[derive(Debug)]
pub(crate) struct Failed;

impl Person {
    pub(crate) fn new(shared: &Arc<Shared>, email: String, keeps_connections: bool) -> Self {
        Self { shared: shared.clone(), email, client: keeps_connections.then(client) }
    }

    /// The user's own client, or a new one. If the server has just closed an open connection, the client repeats a
    /// request that only reads, as browsers do.
    fn client(&self) -> Client {
        self.client.clone().unwrap_or_else(client)
    }

    fn is_over(&self) -> bool {
        self.shared.is_over.load(Relaxed)
    }

    /// Reads pages until the end. Every guarded page must be the user's own.
    pub(crate) async fn read_pages(self, token: String) {
        while !self.is_over() {
            if let Ok(answer) = self.get("/private", &token).await {
                let status = answer.status().as_u16();
                let is_own = status == 200 && answer.text().await.unwrap_or_default().contains(&self.email);
                self.check(is_own, "/private with an active session", status);
            }
            if let Ok(answer) = self.get("/", "").await {
                self.check(answer.status() == 200, "/", answer.status().as_u16());
            }
            pause().await;
        }
    }

    /// Opens the guarded page until the end. Every request must be redirected.
    pub(crate) async fn use_revoked_session(self, token: String) {
        while !self.is_over() {
            if let Ok(answer) = self.get("/private", &token).await {
                let status = answer.status().as_u16();
                self.check(status == 302, "/private with a revoked session", status);
            }
            pause().await;
        }
    }

    /// Signs in and out until the end.
    pub(crate) async fn sign_in_and_out(self) {
        while !self.is_over() {
            pause().await;
            let Ok(token) = self.sign_in().await else { continue };
            if let Ok(answer) = self.get("/private", &token).await {
                self.check(answer.status() == 200, "/private after signing in", answer.status().as_u16());
            }
            // After an error, the session may have ended or not.
            if self.sign_out(&token).await.is_ok() {
                self.expect_refusal(&token, Instant::now()).await;
            }
        }
    }

    /// Opens the guarded page until it is refused, which must happen within the bound.
    async fn expect_refusal(&self, token: &str, signed_out: Instant) {
        loop {
            let sent = Instant::now();
            let Ok(answer) = self.get("/private", token).await else { return };
            let status = answer.status().as_u16();
            if status != 200 {
                return self.check(status == 302, "/private after signing out", status);
            }
            if sent.duration_since(signed_out) > REVOCATION_BOUND {
                return self.check(false, "/private after signing out", status);
            }
        }
    }

    pub(crate) async fn sign_in(&self) -> Result<String, Failed> {
        let url = format!("{}/api/login", self.shared.origin);
        let request = self.client().post(url).json(&credentials(&self.email, PASSWORD));
        let answer = self.send("POST /api/login", request).await?;
        let status = answer.status().as_u16();
        let cookie = answer.headers().get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        let token = cookie.and_then(|cookie| Some(cookie.split_once(';')?.0.to_owned()));
        self.check(status == 200 && token.is_some(), "POST /api/login", status);
        token.ok_or(Failed)
    }

    pub(crate) async fn sign_out(&self, token: &str) -> Result<(), Failed> {
        let url = format!("{}/api/logout", self.shared.origin);
        let request = self.client().post(url).header(header::COOKIE, token);
        let status = self.send("POST /api/logout", request).await?.status().as_u16();
        self.check(status == 200, "POST /api/logout", status);
        if status == 200 { Ok(()) } else { Err(Failed) }
    }

    async fn get(&self, path: &str, token: &str) -> Result<Response, Failed> {
        let request = self.client().get(format!("{}{path}", self.shared.origin));
        let request = request.header(header::ACCEPT, "text/html").header("sec-fetch-mode", "navigate");
        self.send(path, request.header(header::COOKIE, token)).await
    }

    /// Sends a request and counts it. A missing response and a 5xx count as failures.
    async fn send(&self, name: &str, request: reqwest::RequestBuilder) -> Result<Response, Failed> {
        let sent = Instant::now();
        let answer = request.send().await;
        let mut tally = self.shared.tally.lock().unwrap();
        tally.sent += 1;
        let description = match answer {
            Ok(answer) if answer.status().is_server_error() => {
                let has_retry_after = answer.headers().contains_key(header::RETRY_AFTER);
                tally.unavailable += usize::from(answer.status() == 503 && has_retry_after);
                format!("{}, retry-after {has_retry_after}", answer.status())
            }
            Ok(answer) => return Ok(answer),
            Err(error) => format!("{error:?}"),
        };
        tally.add_failure(name, sent, &description);
        Err(Failed)
    }

    fn check(&self, is_correct: bool, request: &str, status: u16) {
        if !is_correct {
            self.shared.tally.lock().unwrap().add_wrong(request, status);
        }
    }
}

/// Leaves some CPU time for the deployment.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}
