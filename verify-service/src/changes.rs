//! The change feed: tells programs that verify tokens themselves which users have changed, and that no change is
//! missing. `docs/changes.md` is its contract.

mod access;
mod event;
mod publisher;
mod stream;

pub(crate) use self::{access::FeedAccess, publisher::Publisher, stream::stream_events};
