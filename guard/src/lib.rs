#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod builder;
mod diagnosis;
mod guard;
mod middleware;
mod redirects;
mod remote;

pub use builder::{BuildError, Builder};
pub use drawbridge_cookies::session_cookie::SessionCookie;
pub use drawbridge_core::{metrics::Metrics, origin::Origin, settings::Timeouts};
pub use drawbridge_http::problem::Problem;
pub use drawbridge_verification::{
    CacheSizes, Refusal, Tolerance, Verified, VerifiedSession, VerifiedUser, token::TokenParties,
    user_cache::CacheLocation,
};
pub use guard::{Guard, SignedIn};
pub use middleware::Guarded;
pub use redirects::{forget_redirects, redirect_cookie_name};
