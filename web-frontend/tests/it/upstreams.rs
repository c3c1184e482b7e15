//! Servers behind paths of this origin (`UPSTREAMS`).

mod access_tokens;
mod bodies;
mod forwarding;
mod identity_headers;
mod raw_http;
mod request_smuggling;
mod servers;
mod setup;
mod websockets;
