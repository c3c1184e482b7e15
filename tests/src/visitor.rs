use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use reqwest::{Client, Method, RequestBuilder, header, redirect};
use serde_json::{Value, json};

use crate::PASSWORD;

/// An HTTP client that keeps cookies like a browser does for one host, and follows no redirect.
#[derive(Debug, Clone)]
pub struct Visitor {
    client: Client,
    cookies: BTreeMap<String, String>,
}

/// A response.
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
    /// A visitor without cookies.
    pub fn new() -> Self {
        // An error means that a provider is installed already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy();
        Self { client: client.build().unwrap(), cookies: BTreeMap::new() }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Adds a cookie.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// A request with the visitor's cookies, to be completed and passed to [`Visitor::send`].
    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, url);
        if pairs.is_empty() { request } else { request.header(header::COOKIE, pairs.join("; ")) }
    }

    /// Sends a request and stores the cookies of the response.
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
        let status = response.status().as_u16();
        let headers = response.headers().clone();
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

    /// `POST` of a form as browsers send it.
    pub async fn post_form(&mut self, url: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = reqwest::Url::parse("form:").unwrap();
        form.query_pairs_mut().extend_pairs(fields);
        let body = form.query().unwrap_or_default().to_owned();
        let request = self.request(Method::POST, url).header(header::ACCEPT, "text/html").body(body);
        self.send(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")).await
    }

    /// Sends an address and a password to `/api/login` of `origin`.
    pub async fn log_in(&mut self, origin: &str, email: &str, password: &str) -> Answer {
        self.post_json(&format!("{origin}/api/login"), &credentials(email, password)).await
    }

    /// Opens a page and returns the CSRF token of its form.
    pub async fn csrf(&mut self, page: &str) -> String {
        let answer = self.get(page).await;
        answer.hidden_field("csrf").unwrap_or_else(|| panic!("no form: {}", answer.text)).to_owned()
    }
}

impl Default for Visitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Answer {
    /// A header as text, or an empty string if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The status, and `code` in the body.
    pub fn status_and_code(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The value of a hidden field in a page.
    pub fn hidden_field(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(rest.split_once('"')?.0)
    }

    /// Fails with the body if the status is different.
    #[track_caller]
    pub fn assert_status(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.text);
    }

    /// Fails with the body unless this is the error response with this status and `code`.
    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str) {
        assert_eq!(self.status_and_code(), (status, code.to_owned()), "{}", self.text);
    }

    /// Fails unless this is a redirect with this status to `location`.
    #[track_caller]
    pub fn assert_redirect(&self, status: u16, location: &str) {
        self.assert_status(status);
        assert_eq!(self.header("location"), location);
    }
}

/// The body of a request that sends an address and a password.
pub fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

/// Creates an account with [`PASSWORD`] through `/api/register` of `origin`.
pub async fn register(origin: &str, email: &str) {
    let url = format!("{origin}/api/register");
    Visitor::new().post_json(&url, &credentials(email, PASSWORD)).await.assert_status(201);
}

/// Creates an account through `/api/register` of `origin`, and returns a visitor who has signed in there.
pub async fn signed_in(origin: &str, email: &str) -> Visitor {
    register(origin, email).await;
    let mut visitor = Visitor::new();
    visitor.log_in(origin, email, PASSWORD).await.assert_status(200);
    visitor
}

/// Calls `verify` until it answers that the session is revoked, and returns how long that took.
pub async fn time_to_refusal(visitor: &mut Visitor, verify: &str) -> Duration {
    let started = Instant::now();
    loop {
        let answer = visitor.post(verify).await;
        if answer.status != 200 {
            answer.assert_error(401, "session_revoked");
            return started.elapsed();
        }
        assert!(started.elapsed() < Duration::from_secs(10), "the session is not refused");
    }
}
