#![doc = include_str!("../README.md")]

mod access;
mod answers;
pub mod app;
mod changes;
pub mod config;
mod handlers;
mod hot;
mod identity;
pub mod openapi;
mod renewal;
mod routes;
pub mod server;
mod verdict;

pub use config::Config;
pub use server::bind;
