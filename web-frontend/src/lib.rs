#![doc = include_str!("../README.md")]

mod account;
pub mod app;
mod assets;
mod auth_client;
pub mod config;
mod csrf;
mod form;
mod handlers;
mod language;
mod page_sessions;
mod pages;
mod pending;
mod renewal;
mod routes;
mod seen;
pub mod server;
pub mod site;
mod text;
pub mod upstreams;
mod visit;

pub use config::Config;
pub use server::bind;
