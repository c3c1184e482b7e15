//! The session token: a JWT (RFC 7519) that names the user and the session, and nothing else.

mod claims;
mod key_set;
mod keys_digest;
mod parties;

pub use claims::{Claims, SignedToken, TOKEN_TYPE};
pub use key_set::{KeySet, TokenFault};
pub use keys_digest::KeysDigest;
pub use parties::TokenParties;
