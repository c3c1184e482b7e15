use reqwest::header;
use serde_json::Value;

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
