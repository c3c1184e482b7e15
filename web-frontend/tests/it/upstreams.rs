//! Servers behind paths of this origin (`UPSTREAMS`).

mod access_token_renewal;
mod access_tokens;
mod application;
mod bodies;
mod forwarding;
mod identity_headers;
mod raw_http;
mod request_smuggling;
mod rewriting;
mod servers;
mod setup;
mod websockets;
