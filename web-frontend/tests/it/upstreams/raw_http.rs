//! HTTP on raw sockets.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Opens a connection for requests that no HTTP client would send.
pub(super) async fn connect(frontend: &str) -> TcpStream {
    TcpStream::connect(frontend.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends a raw request and reads the head of the response, in lower case.
pub(super) async fn exchange_heads(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    read_head(stream).await.unwrap()
}

/// Reads a head byte by byte, in lower case. `None` if the connection is closed first.
pub(super) async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap().to_lowercase())
}
