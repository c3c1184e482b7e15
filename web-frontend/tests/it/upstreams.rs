//! Servers behind paths of this origin (`UPSTREAMS`).

mod bodies;
mod forwarding;
mod raw_http;
mod request_smuggling;
mod servers;
mod setup;
mod websockets;
