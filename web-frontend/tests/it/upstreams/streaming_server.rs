//! An application whose responses go on until the connection is closed.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};

use super::raw_http::read_head;

/// The pause between two parts of a response, unless it never pauses.
const PART_INTERVAL: Duration = Duration::from_millis(50);

/// How long a test waits until the application notices that a connection is closed.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

/// The length that the download claims to have.
pub(super) const DOWNLOAD_BYTES: u64 = 1 << 40;

/// A kind of response that stays open. Its name is the end of the path.
struct OpenResponse {
    name: &'static str,
    head: &'static str,
    part: &'static [u8],
    pause: Option<Duration>,
}

const OPEN_RESPONSES: [OpenResponse; 4] = [
    OpenResponse {
        name: "events",
        head: "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        part: b"9\r\ndata: 1\n\n\r\n",
        pause: Some(PART_INTERVAL),
    },
    OpenResponse {
        name: "download",
        head: "HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: 1099511627776\r\n\r\n",
        part: &[b'x'; 4096],
        pause: Some(PART_INTERVAL),
    },
    OpenResponse {
        name: "busy-download",
        head: "HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: 1099511627776\r\n\r\n",
        part: &[b'x'; 16384],
        pause: None,
    },
    OpenResponse {
        name: "socket",
        head: "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
               sec-websocket-accept: abc\r\n\r\n",
        part: b"\x81\x01x",
        pause: Some(PART_INTERVAL),
    },
];

/// A running application.
pub(super) struct StreamingServer {
    pub(super) url: String,
    closed: watch::Receiver<usize>,
}

impl StreamingServer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (counter, closed) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counter = counter.clone();
                tokio::spawn(async move {
                    send_parts(stream).await;
                    counter.send_modify(|count| *count += 1);
                });
            }
        });
        Self { url, closed }
    }

    /// How many responses the other side has closed.
    pub(super) fn closed(&self) -> usize {
        *self.closed.borrow()
    }

    /// Waits until this many responses are closed.
    pub(super) async fn wait_for_closed(&mut self, count: usize) {
        let is_closed = timeout(CLOSE_WAIT, self.closed.wait_for(|closed| *closed >= count)).await.is_ok();
        assert!(is_closed, "{} of {count} connections are closed", self.closed());
    }
}

/// Sends a response until the other side closes the connection.
async fn send_parts(mut stream: TcpStream) -> Option<()> {
    let head = read_head(&mut stream).await?;
    let path = head.split(' ').nth(1)?;
    let response = OPEN_RESPONSES.iter().find(|response| path.rsplit('/').next() == Some(response.name))?;
    stream.write_all(response.head.as_bytes()).await.ok()?;
    let mut received = [0; 64];
    loop {
        stream.write_all(response.part).await.ok()?;
        let Some(pause) = response.pause else { continue };
        tokio::select! {
            read = stream.read(&mut received) => if read.ok()? == 0 { return None },
            () = sleep(pause) => {}
        }
    }
}
