//! The cache of user records, shared by all verifiers. A record only replaces one with a lower version, so a
//! slow reader can never undo a sign-out.
//!
//! The cache has two sides. auth-service writes every change and, twice a second, a **watermark**
//! ([`Delivery`]). The watermark says that everything committed before a certain time has been delivered.
//! Verifiers read ([`UserCache`]) and trust what they read only while the watermark is current. The watermark
//! names an **epoch**, which is part of every record's key: when the cache may have lost data, a new epoch
//! starts, and the records of the old one are no longer read.

mod announcements;
mod cache;
mod delivery;
mod location;
mod memory;
mod near;
mod redis;
mod trust;

pub use announcements::{Announcement, Announcements};
pub use cache::{CacheLayer, CacheUnavailable, CachedState, UserCache};
pub use delivery::Delivery;
pub use location::CacheLocation;
pub use memory::MemoryUserCache;
pub use redis::{RedisDelivery, RedisUserCache};
pub use trust::{AnnouncedKeys, Epoch, Trust, WATERMARK_MAX_AGE};
