//! An answer of the product: what a floor gives back, and what every later answer must be.

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Result};

/// An answer, as it was captured from the product.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    /// The request's method.
    pub method: String,
    /// The request's path.
    pub path: String,
    /// The status.
    pub status: u16,
    /// The headers that the handler wrote, and not the server below it.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// The header by which a floor is told whom to look up, so that it has to do nothing else.
pub const USER_HEADER: &str = "x-bench-user";

/// The headers that an HTTP server writes by itself.
const OF_THE_SERVER: [&str; 4] = ["connection", "content-length", "date", "transfer-encoding"];

impl Answer {
    /// Whether the handler wrote this header.
    pub(crate) fn is_of_the_handler(name: &str) -> bool {
        !OF_THE_SERVER.contains(&name)
    }

    /// What stands in the body between the places where the person is named by `hex`.
    pub(crate) fn parts(&self, hex: &str) -> Vec<String> {
        self.body.split(hex).map(str::to_owned).collect()
    }

    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// The headers whose names begin with `prefix`.
    pub(crate) fn headers_from(&self, prefix: &str) -> Vec<(String, Option<String>)> {
        let headers = self.headers.iter().filter(|(name, _)| name.starts_with(prefix));
        headers.map(|(name, value)| (name.clone(), Some(value.clone()))).collect()
    }

    /// The answer, if it is a success.
    pub(crate) fn successful(self) -> Result<Self> {
        if self.status == 200 {
            return Ok(self);
        }
        let Self { method, path, status, body, .. } = self;
        let begin: String = body.trim().chars().take(120).collect();
        Err(Failure::NotMeasured(format!("{method} {path} answers {status}: {begin}")))
    }
}
