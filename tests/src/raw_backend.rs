use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// A server that treats its connections as a test says, and the first lines of the requests that it has received.
#[derive(Debug, Clone)]
pub struct RawBackend {
    port: u16,
    received: Arc<Mutex<Vec<String>>>,
}

/// A connection of a [`RawBackend`].
#[derive(Debug)]
pub struct RawConnection {
    stream: TcpStream,
    /// How many requests have arrived on this connection.
    requests: Arc<AtomicUsize>,
    received: Arc<Mutex<Vec<String>>>,
}

impl RawBackend {
    /// Runs `serve` for each connection, on a thread of its own.
    pub fn start(serve: impl Fn(&mut RawConnection) + Clone + Send + 'static) -> Self {
        Self::start_on(TcpListener::bind("127.0.0.1:0").unwrap(), serve)
    }

    /// The same for the connections of this listener.
    pub fn start_on(
        listener: TcpListener,
        serve: impl Fn(&mut RawConnection) + Clone + Send + 'static,
    ) -> Self {
        let port = listener.local_addr().unwrap().port();
        let received = Arc::<Mutex<Vec<String>>>::default();
        let backend = Self { port, received: received.clone() };
        // Ends with the test process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (serve, received) = (serve.clone(), received.clone());
                let requests = Arc::default();
                thread::spawn(move || serve(&mut RawConnection { stream, requests, received }));
            }
        });
        backend
    }

    /// Answers every request with `ok`, and keeps connections open.
    pub fn start_friendly() -> Self {
        Self::start(|connection| while connection.answer_ok() {})
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its URL, without a path.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The first lines of the requests so far.
    pub fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

impl RawConnection {
    /// Reads a request with its body and returns its first line, or `None` if there is no other request.
    pub fn read_request(&mut self) -> Option<String> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            self.stream.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.stream.read_exact(&mut body).ok()?;
        self.requests.fetch_add(1, SeqCst);
        let first_line = head.lines().next().unwrap_or_default().to_owned();
        self.received.lock().unwrap().push(first_line.clone());
        Some(first_line)
    }

    /// Reads a request and answers `ok`. Returns false if there is no other request.
    pub fn answer_ok(&mut self) -> bool {
        let is_open = self.read_request().is_some();
        if is_open {
            self.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        }
        is_open
    }

    /// Sends this text. The client may have disconnected.
    pub fn send(&mut self, text: &str) -> bool {
        self.stream.write_all(text.as_bytes()).is_ok()
    }

    /// Closes the connection unless another request arrives within this time.
    pub fn close_when_idle(&self, time: Duration) {
        let (stream, requests) = (self.stream.try_clone().unwrap(), self.requests.clone());
        let before = requests.load(SeqCst);
        thread::spawn(move || {
            thread::sleep(time);
            if requests.load(SeqCst) == before {
                // The client may have closed it.
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
    }
}
