#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod answer;
mod cache_sizes;
mod checked_tokens;
mod flights;
mod key_ring;
mod layer;
mod look_up;
mod measures;
mod recent;
pub mod redis_connection;
mod refusal;
mod source;
pub mod token;
mod tolerance;
pub mod user_cache;
pub mod user_record;
mod verifier;

pub use answer::{Grant, Verified, VerifiedSession, VerifiedUser};
pub use cache_sizes::CacheSizes;
pub use futures_util::future::BoxFuture;
pub use key_ring::KeyRing;
pub use layer::Layer;
pub use refusal::Refusal;
pub use source::{Source, SourceUnavailable};
pub use tolerance::Tolerance;
pub use verifier::{FOLLOWER_RECORD_MAX_AGE, FollowerGrant, HotMiss, Verifier};
