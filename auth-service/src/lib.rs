#![doc = include_str!("../README.md")]

pub mod app;
pub mod config;
mod cookies;
mod devices;
pub mod domain;
pub mod error;
mod handlers;
pub mod limits;
pub mod password_hasher;
pub mod relay;
mod routes;
pub mod server;
pub mod signing_keys;
pub mod storage;

pub use config::Config;
pub use server::bind;
