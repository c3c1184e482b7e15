#![doc = include_str!("../README.md")]

mod access_tokens;
mod account;
mod activity_reports;
pub mod app;
pub mod app_detection;
mod assets;
mod auth_client;
pub mod config;
mod csrf;
mod discovery;
mod flash;
pub mod guard_config;
mod handlers;
mod language;
mod middleware;
pub mod openapi;
mod own_cookies;
mod own_secret;
mod page_query;
mod page_request;
mod page_sessions;
mod pages;
mod pending_login;
mod registered_origins;
mod routes;
pub mod server;
pub mod site;
mod submissions;
mod text;
pub mod upstreams;
mod utf8_form;
mod verify_client;

pub use config::Config;
pub use server::{bind, bind_with_clock};
