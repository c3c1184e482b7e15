//! The measured requests.

use std::fmt::Write;

use crate::{
    captured_response::USER_HEADER, error::Result, population::Population, proxied_application::PAGE_PATH,
};

/// A request without its token. In header values and the body, `$HEX` is replaced with the user's digits.
#[derive(Debug, Clone)]
pub(crate) struct RequestTemplate {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl RequestTemplate {
    /// `POST /api/verify`.
    pub(crate) fn verify() -> Self {
        Self { method: "POST", path: "/api/verify", headers: Vec::new(), body: String::new() }
    }

    /// `GET /auth-request`.
    pub(crate) fn auth_request() -> Self {
        Self { method: "GET", path: "/auth-request", headers: Vec::new(), body: String::new() }
    }

    /// `GET /private` as a browser sends it.
    pub(crate) fn private_page() -> Self {
        let headers = vec![("accept", "text/html".to_owned())];
        Self { method: "GET", path: "/private", headers, body: String::new() }
    }

    /// `GET` of the page of the proxied application, as a browser sends it.
    pub(crate) fn proxied_page() -> Self {
        let headers = vec![("accept", "text/html".to_owned())];
        Self { method: "GET", path: PAGE_PATH, headers, body: String::new() }
    }

    /// `POST /api/login`.
    pub(crate) fn login(password: &str) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        let body = format!(r#"{{"email":"{}","password":"{password}"}}"#, Population::email("$HEX"));
        Self { method: "POST", path: "/api/login", headers, body }
    }

    /// Adds a [`USER_HEADER`] with the user's ID.
    pub(crate) fn with_user_header(mut self, population: &Population) -> Result<Self> {
        let user = population.user(0)?.to_string();
        let prefix = user.strip_suffix(&Population::hex(0)).unwrap_or_default();
        self.headers.push((USER_HEADER, format!("{prefix}$HEX")));
        Ok(self)
    }

    /// Returns true if the request carries a token.
    pub(crate) fn has_token(&self) -> bool {
        self.path != "/api/login"
    }

    /// Renders the request as HTTP/1.1, with `$TOKEN` and `$HEX` as placeholders.
    pub(crate) fn to_http(&self, host: &str) -> String {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        if self.has_token() {
            text.push_str("cookie: token=$TOKEN\r\n");
        }
        if self.method != "GET" {
            // Each placeholder has four characters, and eight digits replace it.
            let length = self.body.len() + self.body.matches("$HEX").count() * 4;
            let _ = write!(text, "content-length: {length}\r\n");
        }
        format!("{text}\r\n{}", self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_length_matches_the_sent_body() {
        let template = RequestTemplate::login("secret");

        let request = template.to_http("localhost").replace("$HEX", "0000ff98");

        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{request}");
    }
}
