#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

pub mod browser_engine;
mod confine;
pub mod cookie_jar;
pub mod device_cookie;
pub mod origin_cookie;
pub mod received_cookie;
pub mod request_cookies;
pub mod session_cookie;
pub mod set_cookie;
pub mod topology;
mod upstream_paths;

pub use confine::{Confinement, UnusableCookie};
pub use upstream_paths::UpstreamPaths;
