//! Tokens: JWTs (RFC 7519) that name the user and the session, and nothing else. A session token is for a frontend
//! and our own services, an access token for one other service.

mod claims;
mod key_set;
mod keys_digest;
mod parties;
mod purpose;
mod unverified;
#[cfg(test)]
mod vectors_tests;

pub use claims::{AccessClaims, Claims, SignedToken};
pub use key_set::{KeySet, TokenFault};
pub use keys_digest::KeysDigest;
pub use parties::TokenParties;
pub use purpose::{ACCESS_TOKEN_TYPE, AcceptedTokens, SESSION_TOKEN_TYPE, TokenPurpose};
pub use unverified::UnverifiedClaims;
