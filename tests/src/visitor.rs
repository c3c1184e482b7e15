use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use reqwest::{Client, Method, RequestBuilder, header, redirect};
use serde_json::Value;

/// Somebody who speaks HTTP and keeps cookies, as a browser does for one host.
#[derive(Debug, Clone)]
pub struct Visitor {
    client: Client,
    cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: header::HeaderMap,
    /// The body.
    pub text: String,
}

impl Visitor {
    /// A visitor without a cookie.
    pub fn new() -> Self {
        // An error means that a provider is there already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy();
        Self { client: client.build().unwrap(), cookies: BTreeMap::new() }
    }

    /// The value of a cookie that the visitor has.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Puts a cookie into the jar.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// A request with the visitor's cookies, to be completed and given to [`Visitor::send`].
    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, url);
        if pairs.is_empty() { request } else { request.header(header::COOKIE, pairs.join("; ")) }
    }

    /// Sends a request and keeps the cookies that come back.
    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    /// `GET`.
    pub async fn get(&mut self, url: &str) -> Answer {
        self.send(self.request(Method::GET, url)).await
    }

    /// `POST` without a body.
    pub async fn post(&mut self, url: &str) -> Answer {
        self.send(self.request(Method::POST, url)).await
    }

    /// `POST` with a JSON body.
    pub async fn post_json(&mut self, url: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, url).json(body)).await
    }

    /// `POST` of a form, after the manner of a browser.
    pub async fn post_form(&mut self, url: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = reqwest::Url::parse("form:").unwrap();
        form.query_pairs_mut().extend_pairs(fields);
        let body = form.query().unwrap_or_default().to_owned();
        let request = self.request(Method::POST, url).header(header::ACCEPT, "text/html").body(body);
        self.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")).await
    }
}

impl Default for Visitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Answer {
    /// A header as text, empty if it did not come.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Status and `code` of the body.
    pub fn status_and_code(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The value of a hidden field in a page.
    pub fn hidden_field(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(rest.split_once('"')?.0)
    }
}

/// Asks until the answer is that the session has ended; how long that took.
pub async fn time_to_refusal(visitor: &mut Visitor, verify: &str) -> Duration {
    let started = Instant::now();
    loop {
        let answer = visitor.post(verify).await;
        if answer.status != 200 {
            assert_eq!(answer.status_and_code(), (401, "session_revoked".into()));
            return started.elapsed();
        }
        assert!(started.elapsed() < Duration::from_secs(10), "the session is not refused");
    }
}
