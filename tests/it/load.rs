//! A steady load of people who stay signed in, sign in and sign out, on every door of the system, with
//! each answer judged by what is true at that moment.

mod door;
mod ledger;
mod tally;
mod witness;

pub(crate) use door::Door;
pub(crate) use ledger::{Dice, Session, State};
pub(crate) use tally::{Tally, Wrong};
pub(crate) use witness::{BOUND, Place, Witness};
