#![doc = include_str!("../README.md")]

pub mod app;
mod assets;
mod auth_client;
pub mod config;
mod csrf;
mod form;
pub mod guard;
mod handlers;
mod page_sessions;
mod pages;
mod renewal;
mod routes;
pub mod server;
pub mod upstreams;

pub use config::Config;
pub use server::bind;
