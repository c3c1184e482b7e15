use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
};
use chrono::{DateTime, Utc};
use drawbridge_http::{cookie_headers, problem::Problem};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// What auth-service said, and the cookies that say the same to the browser.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) cookies: Vec<String>,
    /// Headers that are handed on.
    pub(super) headers: Vec<(HeaderName, String)>,
}

/// Why auth-service did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Refused {
    pub(crate) code: String,
    pub(crate) detail: String,
    /// After how many seconds it may be tried again.
    #[serde(skip)]
    pub(crate) wait: Option<u64>,
}

impl Answer {
    /// The headers of an answer that are handed on.
    pub(super) const HANDED_ON: [HeaderName; 3] =
        [header::CONTENT_TYPE, header::CONTENT_DISPOSITION, header::RETRY_AFTER];

    /// Takes the token out of the body, so that no script ever sees it.
    pub(super) fn take_token(&mut self) -> Option<(String, DateTime<Utc>)> {
        let expires_at = self.body.pointer("/data/expires_at")?.as_str()?.parse().ok()?;
        Some((self.take_text("token")?, expires_at))
    }

    /// Takes a text out of the body.
    pub(super) fn take_text(&mut self, field: &str) -> Option<String> {
        match self.body.as_object_mut()?.remove(field)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Why it is a refusal, if it is one.
    pub(crate) fn refusal(&self) -> Option<Refused> {
        if self.status.is_success() {
            return None;
        }
        let refused = Refused::deserialize(&self.body).ok()?;
        let wait = self.header(&header::RETRY_AFTER).and_then(|seconds| seconds.parse().ok());
        Some(Refused { wait, ..refused })
    }

    /// What a success tells.
    pub(crate) fn data<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let data = self.body.get("data").unwrap_or(&Value::Null);
        T::deserialize(data).map_err(|error| {
            let detail = "This page cannot be shown just now. Try again shortly.";
            Problem::unavailable(detail, format_args!("auth-service answered {} with {error}", self.status))
        })
    }

    /// The answer's status and headers, to be finished with a page or a body.
    pub(crate) fn response_head(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.status);
        if let Some(wait) = self.header(&header::RETRY_AFTER) {
            response.insert_header((header::RETRY_AFTER, wait));
        }
        self.set_cookies(&mut response);
        response
    }

    /// Adds the cookies to a response that is none of auth-service's.
    pub(crate) fn set_cookies(&self, response: &mut HttpResponseBuilder) {
        for header in cookie_headers(self.cookies.iter().cloned()) {
            response.append_header(header);
        }
    }

    /// The answer as it is handed on to a client of the JSON interface.
    pub(crate) fn into_response(self) -> HttpResponse {
        let mut response = self.response_head();
        response.content_type("application/json");
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
        response.body(self.body.to_string())
    }
}
