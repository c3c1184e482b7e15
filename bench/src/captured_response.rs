//! A response captured from the product. Floors replay it, and later responses are compared with it.

use serde::{Deserialize, Serialize};

use crate::error::{MeasurementError, Result};

/// Request header that names the user a floor looks up, so that the floor needs no token.
pub const USER_HEADER: &str = "x-bench-user";

/// Headers added by the HTTP server, not by the handler.
const SERVER_HEADERS: [&str; 4] = ["connection", "content-length", "date", "transfer-encoding"];

/// Longest excerpt of a body in an error message, in characters.
const EXCERPT_LENGTH: usize = 120;

/// A response captured from the product.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CapturedResponse {
    /// Method of the request.
    pub method: String,
    /// Path of the request.
    pub path: String,
    /// HTTP status.
    pub status: u16,
    /// Headers set by the handler, without those that the HTTP server adds.
    pub headers: Vec<(String, String)>,
    /// Response body.
    pub body: String,
}

impl CapturedResponse {
    /// Returns true if the handler sets this header, false if the HTTP server adds it.
    pub(crate) fn is_handler_header(name: &str) -> bool {
        !SERVER_HEADERS.contains(&name)
    }

    /// Returns the first header with this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// Returns the response if its status is 200, and an error otherwise.
    pub(crate) fn into_success(self) -> Result<Self> {
        if self.status == 200 {
            return Ok(self);
        }
        let Self { method, path, status, body, .. } = self;
        let excerpt: String = body.trim().chars().take(EXCERPT_LENGTH).collect();
        Err(MeasurementError::not_measured(format_args!("{method} {path} returned {status}: {excerpt}")))
    }
}
