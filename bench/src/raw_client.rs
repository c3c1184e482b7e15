//! A client on plain sockets, for transfers whose receiver stalls and for WebSockets.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use crate::{
    error::{MeasurementError, Result},
    proxied_application::{DOWNLOAD_PATH, SOCKET_ACCEPT, SOCKET_ANSWER, SOCKET_PATH, UPLOAD_PATH},
    proxies::ProxiedApplication,
    seeded_database::DEPLOYMENT_ORIGIN,
    server::ServerProcess,
};

/// A masked text message, whose mask is zero.
const SOCKET_MESSAGE: &[u8] = b"\x81\x84\0\0\0\0ping";

/// Headers of a handshake with the key in the example of RFC 6455, section 1.3.
const HANDSHAKE_HEADERS: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                                 sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Size of the pieces in which bodies are read and written.
const CHUNK_BYTES: usize = 64 * 1024;

/// A client of web-frontend, signed in.
pub(crate) struct RawClient<'a> {
    server: &'a ServerProcess,
    token: &'a str,
}

impl<'a> RawClient<'a> {
    pub(crate) fn new(proxied: &'a ProxiedApplication) -> Self {
        Self { server: &proxied.web_frontend, token: &proxied.users.example.token }
    }

    /// Downloads a body, but reads nothing of it for some time.
    pub(crate) fn download(&self, bytes: u64, stall: Duration) -> Result<()> {
        let mut stream = self.send_head(&format!("GET {DOWNLOAD_PATH}/{bytes}"), "")?;
        read_head(&mut stream, "HTTP/1.1 200 ")?;
        thread::sleep(stall);
        let mut buffer = vec![0; CHUNK_BYTES];
        let mut received: u64 = 0;
        while received < bytes {
            match stream.read(&mut buffer)? {
                0 => return Err(MeasurementError::wrong_answer(format_args!("{received} of {bytes} bytes"))),
                read => received += read as u64,
            }
        }
        Ok(())
    }

    /// Uploads a body of which the application reads nothing for some time.
    pub(crate) fn upload(&self, bytes: u64, stall: Duration) -> Result<()> {
        let start = format!("POST {UPLOAD_PATH}/{}", stall.as_millis());
        let mut stream = self.send_head(&start, &format!("content-length: {bytes}\r\n"))?;
        let chunk = vec![b'x'; CHUNK_BYTES];
        let mut left = bytes;
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
            stream.write_all(chunk.get(..length).unwrap_or_default())?;
            left -= length as u64;
        }
        read_head(&mut stream, "HTTP/1.1 200 ").map(drop)
    }

    /// Opens a WebSocket.
    pub(crate) fn open_socket(&self) -> Result<OpenSocket> {
        let headers = format!("origin: {DEPLOYMENT_ORIGIN}\r\n{HANDSHAKE_HEADERS}");
        let mut stream = self.send_head(&format!("GET {SOCKET_PATH}"), &headers)?;
        let head = read_head(&mut stream, "HTTP/1.1 101 ")?;
        if !head.contains(SOCKET_ACCEPT) {
            return Err(MeasurementError::wrong_answer(head));
        }
        Ok(OpenSocket(stream))
    }

    fn send_head(&self, start: &str, headers: &str) -> Result<TcpStream> {
        let mut stream = self.server.connect()?;
        let (host, token) = (self.server.host(), self.token);
        let head = format!("{start} HTTP/1.1\r\nhost: {host}\r\ncookie: token={token}\r\n{headers}\r\n");
        stream.write_all(head.as_bytes())?;
        Ok(stream)
    }
}

/// An open WebSocket.
pub(crate) struct OpenSocket(TcpStream);

impl OpenSocket {
    /// Sends a message and waits for the answer.
    pub(crate) fn exchange_message(&mut self) -> Result<()> {
        self.0.write_all(SOCKET_MESSAGE)?;
        let mut answer = [0; SOCKET_ANSWER.len()];
        self.0.read_exact(&mut answer)?;
        if answer != SOCKET_ANSWER {
            return Err(MeasurementError::wrong_answer("the WebSocket does not answer"));
        }
        Ok(())
    }
}

/// Reads the head of a response byte for byte, so that nothing of the body is lost.
fn read_head(stream: &mut TcpStream, expected_start: &str) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    if head.starts_with(expected_start) { Ok(head) } else { Err(MeasurementError::wrong_answer(head)) }
}
