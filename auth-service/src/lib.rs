#![doc = include_str!("../README.md")]

pub mod app;
pub mod breach_check;
pub mod caller;
pub mod config;
mod cookies;
mod devices;
pub mod domain;
pub mod error;
mod handlers;
mod housekeeping;
pub mod limits;
pub mod mail;
mod passkeys;
pub mod password_hasher;
mod person;
pub mod relay;
mod routes;
mod second_factors;
pub mod server;
mod sign_in;
pub mod signing_keys;
pub mod storage;

pub use config::Config;
pub use server::bind;
