#![doc = include_str!("../README.md")]

pub mod app;
pub mod config;
mod handlers;
mod routes;
pub mod server;

pub use config::Config;
pub use server::bind;
