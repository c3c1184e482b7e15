//! The request ID, which appears in the logs of every service that handles the request.

use std::cell::Cell;

use actix_web::{
    HttpMessage,
    http::header::{HeaderMap, HeaderName, HeaderValue},
};
use uuid::Builder;

use drawbridge_core::{
    clock::{Clock, SystemClock},
    random::Random,
};

/// The header with the request ID, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The ID of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ID that [`crate::request_scope`] assigned to `request`.
    pub fn of(request: &impl HttpMessage) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// The ID that a request arrived with, if it is valid, otherwise a new one.
    pub fn for_request(headers: &HeaderMap) -> Self {
        headers.get(REQUEST_ID).and_then(Self::accept).unwrap_or_else(Self::generate)
    }

    /// Accepts an incoming ID of 8 to 128 letters, digits, `.`, `_` or `-`.
    pub(crate) fn accept(incoming: &HeaderValue) -> Option<Self> {
        let text = incoming.to_str().ok()?;
        let is_valid = (8..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        is_valid.then(|| Self(text.to_owned()))
    }

    /// Generates a version 7 UUID. It must be unique but not secret, so each thread reads randomness once and then
    /// counts.
    fn generate() -> Self {
        thread_local! {
            static THREAD: [u8; 6] = Random.bytes();
            static COUNT: Cell<u32> = const { Cell::new(0) };
        }
        let milliseconds = u64::try_from(SystemClock.now().timestamp_millis()).unwrap_or(0);
        let count = COUNT.with(|count| count.replace(count.get().wrapping_add(1)));
        let mut unique = [0; 10];
        let (counted, thread) = unique.split_at_mut(4);
        counted.copy_from_slice(&count.to_be_bytes());
        THREAD.with(|own| thread.copy_from_slice(own));
        Self(Builder::from_unix_timestamp_millis(milliseconds, &unique).into_uuid().to_string())
    }
}
