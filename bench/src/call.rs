//! The requests that are measured.

use std::fmt::Write;

use crate::{answer::USER_HEADER, failure::Result, population::Population};

/// A request, but for the token.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body, with `$HEX` for the person's digits.
    pub(crate) body: String,
}

impl Call {
    /// `POST /api/verify`.
    pub(crate) fn verify() -> Self {
        Self { method: "POST", path: "/api/verify", headers: Vec::new(), body: String::new() }
    }

    /// `GET /auth-request`.
    pub(crate) fn auth_request() -> Self {
        Self { method: "GET", path: "/auth-request", headers: Vec::new(), body: String::new() }
    }

    /// `GET /private`, after the manner of a browser.
    pub(crate) fn private() -> Self {
        let accept = vec![("accept", "text/html".to_owned())];
        Self { method: "GET", path: "/private", headers: accept, body: String::new() }
    }

    /// `POST /api/login`.
    pub(crate) fn login(password: &str) -> Self {
        let json = vec![("content-type", "application/json".to_owned())];
        let body = format!(r#"{{"email":"{}","password":"{password}"}}"#, Population::email("$HEX"));
        Self { method: "POST", path: "/api/login", headers: json, body }
    }

    /// The same, naming the user in [`USER_HEADER`], too.
    pub(crate) fn naming_the_user(mut self, people: &Population) -> Result<Self> {
        let user = people.user(0)?.to_string();
        let prefix = user.strip_suffix(&Population::hex(0)).unwrap_or_default();
        self.headers.push((USER_HEADER, format!("{prefix}$HEX")));
        Ok(self)
    }

    /// Whether the request carries a token.
    pub(crate) fn brings_token(&self) -> bool {
        self.path != "/api/login"
    }

    /// The request's bytes, with `$TOKEN` and `$HEX`.
    pub(crate) fn text(&self, host: &str) -> String {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        if self.brings_token() {
            text.push_str("cookie: token=$TOKEN\r\n");
        }
        if self.method != "GET" {
            // The digits take the place of four characters.
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
    fn the_length_of_a_body_is_that_of_the_body_that_is_sent() {
        let text = Call::login("secret").text("localhost").replace("$HEX", "0000ff98");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{text}");
    }
}
