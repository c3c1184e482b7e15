//! The id under which a request stands in the logs of every service that it passes.

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

/// The header that carries the request's id, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of `request`, which [`crate::request_scope`] gave it.
    pub fn of(request: &impl HttpMessage) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// The id that a request came with, if it is a good one, or else a new one.
    pub fn for_request(headers: &HeaderMap) -> Self {
        headers.get(REQUEST_ID).and_then(Self::accept).unwrap_or_else(Self::generate)
    }

    /// A good incoming id is kept: 8 to 128 letters, digits, `.`, `_` or `-`.
    pub(crate) fn accept(incoming: &HeaderValue) -> Option<Self> {
        let text = incoming.to_str().ok()?;
        let good = (8..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        good.then(|| Self(text.to_owned()))
    }

    /// A version 7 UUID. It has to be unlike any other and no secret, so the system is asked for
    /// randomness once a thread, and the rest is counted.
    fn generate() -> Self {
        thread_local! {
            static THREAD: [u8; 6] = Random.bytes();
            static COUNT: Cell<u32> = const { Cell::new(0) };
        }
        let milliseconds = u64::try_from(SystemClock.now().timestamp_millis()).unwrap_or(0);
        let count = COUNT.with(|count| count.replace(count.get().wrapping_add(1)));
        let mut unlike = [0; 10];
        let (counted, thread) = unlike.split_at_mut(4);
        counted.copy_from_slice(&count.to_be_bytes());
        THREAD.with(|own| thread.copy_from_slice(own));
        Self(Builder::from_unix_timestamp_millis(milliseconds, &unlike).into_uuid().to_string())
    }
}
