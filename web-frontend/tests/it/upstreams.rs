//! Servers behind paths of this origin (`UPSTREAMS`).

mod access_token_renewal;
mod access_tokens;
mod application;
mod bodies;
mod forwarding;
mod http_semantics;
mod identity_headers;
mod raw_http;
mod renewal_by_scripts;
mod request_smuggling;
mod rewriting;
mod scripted_server;
mod servers;
mod session_end;
mod setup;
mod silent_reader;
mod streamed_uploads;
mod streaming_server;
mod websockets;
