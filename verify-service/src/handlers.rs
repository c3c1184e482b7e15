//! The endpoints, one per file. The fast path calls the same response functions with the verdict it already
//! has.

pub(crate) mod auth_request;
pub(crate) mod changes;
pub(crate) mod forward_auth;
pub(crate) mod health_ready;
pub(crate) mod keys;
pub(crate) mod record;
pub(crate) mod verify;
