mod cache;
mod channel;
mod delivery;
mod keys;
mod latest_watermark;
mod readers;
mod records;
mod stored_value;
mod watermark;

pub use cache::RedisUserCache;
pub use delivery::RedisDelivery;
