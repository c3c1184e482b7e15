#![doc = include_str!("../README.md")]

pub mod app;
pub mod breach_check;
mod caller;
mod code_check;
pub mod config;
mod cross_origin;
mod devices;
mod discovery;
pub mod domain;
pub mod error;
mod establish_caller;
mod factor_secrets;
mod factor_set_up;
pub mod frontends;
mod handlers;
mod housekeeping;
pub mod limits;
pub mod mail;
mod mailed_link;
pub mod openapi;
mod passkeys;
mod password_check;
pub mod password_hasher;
mod pending_login;
mod proof_check;
pub mod relay;
mod request_context;
mod routes;
pub mod server;
mod sign_in;
mod signed_in_user;
pub mod signing_keys;
mod stale_cookies;
pub mod storage;

pub use config::Config;
pub use server::{bind, bind_with_clock};
