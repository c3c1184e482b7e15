//! The memory of web-frontend while large bodies pass through it.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use tests::{Deployment, Service};

const BODY_BYTES: u64 = 256 << 20;

/// How much the peak of the resident memory may grow.
const GROWTH_MAX_KIB: u64 = 32 << 10;

static CHUNK: [u8; 64 << 10] = [b'x'; 64 << 10];

/// How long nothing must move before a transfer counts as blocked.
const BLOCKED_AFTER: Duration = Duration::from_millis(500);

/// How long a transfer may take until it is blocked, or complete.
const TRANSFER_WAIT: Duration = Duration::from_mins(1);

/// An application with a large download and a large upload.
#[derive(Clone)]
struct Application {
    url: String,
    /// How many bytes of bodies it has sent or received.
    moved: Arc<AtomicU64>,
    /// Whether it reads uploads.
    is_reading: Arc<AtomicBool>,
}

impl Application {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let application = Self { url, moved: Arc::default(), is_reading: Arc::default() };
        let server = application.clone();
        // Ends with the test process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                thread::spawn(move || server.serve(stream));
            }
        });
        application
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        loop {
            let head = read_head(&mut stream)?;
            if head.starts_with("GET /private/download ") {
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {BODY_BYTES}\r\n\r\n").ok()?;
                copy(BODY_BYTES, |_| stream.write_all(&CHUNK).ok().map(|()| CHUNK.len()), &self.moved)?;
                continue;
            }
            if head.starts_with("PUT /private/upload ") {
                while !self.is_reading.load(Relaxed) {
                    thread::sleep(Duration::from_millis(5));
                }
                copy(BODY_BYTES, |buffer| stream.read(buffer).ok(), &self.moved)?;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone").ok()?;
        }
    }

    /// Waits until the body does not move any more, and returns how much has moved.
    fn wait_until_blocked(&self) -> u64 {
        wait_until_still(&self.moved)
    }
}

/// Moves bytes in steps, and counts them. `None` if the other side closes the connection.
fn copy(bytes: u64, mut step: impl FnMut(&mut [u8]) -> Option<usize>, moved: &AtomicU64) -> Option<()> {
    let mut buffer = CHUNK;
    let mut left = bytes;
    while left > 0 {
        let count = step(&mut buffer).filter(|count| *count > 0)? as u64;
        moved.fetch_add(count, Relaxed);
        left -= count;
    }
    Some(())
}

/// Waits until a counter has begun to count and then stops.
fn wait_until_still(counter: &AtomicU64) -> u64 {
    let started = Instant::now();
    let (mut last, mut since) = (0, Instant::now());
    loop {
        let count = counter.load(Relaxed);
        if count != last {
            (last, since) = (count, Instant::now());
        }
        if last > 0 && since.elapsed() > BLOCKED_AFTER {
            return last;
        }
        assert!(started.elapsed() < TRANSFER_WAIT, "still moving after {last} bytes");
        thread::sleep(Duration::from_millis(10));
    }
}

fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// A deployment in front of the application, and a user who is signed in.
struct MemorySetup {
    deployment: Deployment,
    application: Application,
    cookie: String,
}

impl MemorySetup {
    async fn start() -> Self {
        let application = Application::start();
        let deployment = Deployment::builder()
            .setting("APP_URL", application.url.clone())
            .setting("GUARDED_PATHS", "/private/*")
            .setting("PAGES_PATH", "/")
            .start();
        let ada = deployment.signed_in("ada").await;
        let cookie = ada.cookie("token").unwrap().to_owned();
        let setup = Self { deployment, application, cookie };
        // Connections, caches and threads are part of what the process needs anyway.
        let mut stream = setup.request("GET", "/private/page", "");
        assert!(read_head(&mut stream).unwrap().starts_with("HTTP/1.1 200 "));
        setup
    }

    /// Sends the head of a request.
    fn request(&self, method: &str, path: &str, fields: &str) -> TcpStream {
        let authority = self.deployment.frontend.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(authority.replace("localhost", "127.0.0.1")).unwrap();
        stream.set_read_timeout(Some(TRANSFER_WAIT)).unwrap();
        stream.set_write_timeout(Some(TRANSFER_WAIT)).unwrap();
        let cookie = &self.cookie;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {authority}\r\norigin: http://{authority}\r\n\
             cookie: token={cookie}\r\n{fields}\r\n"
        )
        .unwrap();
        stream
    }

    /// The peak of web-frontend's resident memory.
    fn peak_kib(&self) -> u64 {
        let id = self.deployment.process(Service::Frontend).id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().strip_suffix(" kB").unwrap().trim().parse().unwrap()
    }

    #[track_caller]
    fn assert_flat(&self, before_kib: u64) {
        let growth = self.peak_kib() - before_kib;
        assert!(growth < GROWTH_MAX_KIB, "the peak has grown by {growth} KiB to {} KiB", self.peak_kib());
        self.deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_download_needs_no_memory() {
    let setup = MemorySetup::start().await;
    let before = setup.peak_kib();

    let mut stream = setup.request("GET", "/private/download", "");
    // A client that does not read slows the application down.
    let sent = setup.application.wait_until_blocked();
    let blocked_peak = setup.peak_kib();
    let head = read_head(&mut stream).unwrap();
    let received = AtomicU64::new(0);
    let is_complete = copy(BODY_BYTES, |buffer| stream.read(buffer).ok(), &received).is_some();

    assert!(head.starts_with("HTTP/1.1 200 ") && is_complete, "{received:?} bytes: {head}");
    assert!(sent < BODY_BYTES / 4, "{sent} bytes are sent to a client that does not read");
    assert!(blocked_peak - before < GROWTH_MAX_KIB, "from {before} to {blocked_peak} KiB");
    setup.assert_flat(before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_needs_no_memory() {
    let setup = MemorySetup::start().await;
    let before = setup.peak_kib();

    let mut stream = setup.request("PUT", "/private/upload", &format!("content-length: {BODY_BYTES}\r\n"));
    let (sent, mut writer) = (Arc::new(AtomicU64::new(0)), stream.try_clone().unwrap());
    let counter = sent.clone();
    let client = thread::spawn(move || {
        copy(BODY_BYTES, |_| writer.write_all(&CHUNK).ok().map(|()| CHUNK.len()), &counter)
    });
    // An application that does not read slows the client down.
    let sent_while_blocked = wait_until_still(&sent);
    let blocked_peak = setup.peak_kib();
    setup.application.is_reading.store(true, Relaxed);
    let head = read_head(&mut stream).unwrap();

    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(client.join().unwrap().is_some(), "the upload is incomplete");
    assert!(sent_while_blocked < BODY_BYTES / 4, "{sent_while_blocked} bytes are taken from the client");
    assert!(blocked_peak - before < GROWTH_MAX_KIB, "from {before} to {blocked_peak} KiB");
    assert_eq!(setup.application.moved.load(Relaxed), BODY_BYTES);
    setup.assert_flat(before);
}
