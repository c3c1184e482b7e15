//! A steady load on every endpoint of a deployment: users stay signed in, sign in and sign out, and each response is
//! compared with the state of the session at that moment.

mod endpoint;
mod generator;
mod ledger;
mod tally;
mod users;

pub(crate) use endpoint::Endpoint;
pub(crate) use generator::{Load, REVOCATION_BOUND, Targets};
pub(crate) use ledger::{Session, SessionState};
pub(crate) use tally::{Tally, Violation};
