//! The application that the proxies forward to: its paths, and what it answers.

/// A page of [`PAGE_BYTES`] bytes.
pub const PAGE_PATH: &str = "/page";

/// Returns as many bytes as the rest of the path says.
pub const DOWNLOAD_PATH: &str = "/download";

/// Reads the body of the request, after as many milliseconds as the rest of the path says. Refuses a body that does not
/// have the announced length.
pub const UPLOAD_PATH: &str = "/upload";

/// A WebSocket that answers each message with [`SOCKET_ANSWER`].
pub const SOCKET_PATH: &str = "/socket";

/// Size of the page.
pub const PAGE_BYTES: usize = 1024;

/// Answer to the handshake with the key in the example of RFC 6455, section 1.3.
pub const SOCKET_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A text message in a frame that is not masked.
pub const SOCKET_ANSWER: &[u8] = b"\x81\x04pong";

/// Renders the page.
pub fn render_page() -> String {
    let start = "<!doctype html><title>Page</title><p>";
    let padding = PAGE_BYTES.saturating_sub(start.len());
    format!("{start}{}", "x".repeat(padding))
}
