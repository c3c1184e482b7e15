use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use reqwest::{Client, Method, RequestBuilder, header, redirect};
use serde_json::{Value, json};

use crate::{PASSWORD, answer::Answer, contract::check_answer};

/// An HTTP client that keeps cookies like a browser does for one host, and follows no redirect.
#[derive(Debug, Clone)]
pub struct Visitor {
    client: Client,
    cookies: BTreeMap<String, String>,
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

    /// Sends a request and stores the cookies of the response. An answer of our services must be as described in
    /// `docs/openapi`.
    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, url) = (request.method().clone(), request.url().clone());
        let response = client.execute(request).await.unwrap();
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
        let answer = Answer { status, headers, text: response.text().await.unwrap() };
        check_answer(&method, &url, &answer);
        answer
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
        let request = self.request(Method::POST, url).header(header::ACCEPT, "text/html");
        self.send(with_form(request, fields)).await
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

/// Adds a form to a request.
pub fn with_form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let mut form = reqwest::Url::parse("form:").unwrap();
    form.query_pairs_mut().extend_pairs(fields);
    let body = form.query().unwrap_or_default().to_owned();
    request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
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
