//! The endpoints: one file for each, or for a few that belong together.

pub(crate) mod account;
pub(crate) mod activity;
mod bodies;
pub(crate) mod confirm;
pub(crate) mod discovery;
pub(crate) mod feed_reader;
pub(crate) mod frontend_origins;
pub(crate) mod frontend_preview;
pub(crate) mod health_ready;
pub(crate) mod links;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod mailbox;
pub(crate) mod me;
pub(crate) mod passkeys;
pub(crate) mod password;
mod problem_lists;
pub(crate) mod recovery_codes;
pub(crate) mod refresh;
pub(crate) mod register;
pub(crate) mod second_step;
mod session_response;
pub(crate) mod sessions;
pub(crate) mod token;
pub(crate) mod totp;
