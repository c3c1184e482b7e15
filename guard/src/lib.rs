#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod builder;
mod diagnosis;
mod guard;
mod middleware;
mod redirects;
mod remote;

pub use builder::{BuildError, Builder};
pub use drawbridge_cookies::{
    session_cookie::SessionCookie,
    topology::{CookiePolicy, TopologyError},
};
pub use drawbridge_core::{
    id::{SessionId, UserId},
    metrics::Metrics,
    origin::Origin,
    problem_code::Code,
    settings::Timeouts,
};
pub use drawbridge_http::{RequestId, problem::Problem};
pub use drawbridge_verification::{
    CacheSizes, Refusal, Tolerance, Verified, VerifiedSession, VerifiedUser, token::TokenParties,
    user_cache::CacheLocation,
};
#[doc(hidden)]
pub use guard::RequestSession;
pub use guard::{Guard, SignedIn};
pub use middleware::{Guarded, requested_page};
#[doc(hidden)]
pub use redirects::{count_sign_in, forget_redirects, redirect_cookie_name};
