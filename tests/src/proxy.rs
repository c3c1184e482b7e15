use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

const OPEN: u8 = 0;
const CUT: u8 = 1;
const FROZEN: u8 = 2;

/// How often a connection checks the state of the line.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// A TCP proxy between two programs. The connection through it can be cut and restored.
#[derive(Debug, Clone)]
pub struct Line {
    port: u16,
    target: Arc<Mutex<Target>>,
    state: Arc<AtomicU8>,
}

type Target = (String, u16);

fn target(url: &str) -> Target {
    let url = url::Url::parse(url).unwrap();
    (url.host_str().unwrap().to_owned(), url.port().unwrap())
}

impl Line {
    /// Starts a line to the server in a URL such as `redis://127.0.0.1:6379`; returns it with the same URL over the line.
    pub fn to(url: &str) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Self {
            port: listener.local_addr().unwrap().port(),
            target: Arc::new(Mutex::new(target(url))),
            state: Arc::new(AtomicU8::new(OPEN)),
        };
        let (target, state) = (line.target.clone(), line.state.clone());
        // Ends with the test process.
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), target, state) = (client, target.clone(), state.clone()) else { continue };
                thread::spawn(move || forward(&client, &target, &state));
            }
        });
        let over_line = line.url_over(url);
        (line, over_line)
    }

    /// The same URL over this line.
    pub fn url_over(&self, url: &str) -> String {
        let mut over_line = url::Url::parse(url).unwrap();
        over_line.set_host(Some("127.0.0.1")).unwrap();
        over_line.set_port(Some(self.port)).unwrap();
        over_line.to_string()
    }

    /// Closes every connection, and new ones as soon as they are accepted.
    pub fn cut(&self) {
        self.state.store(CUT, SeqCst);
    }

    /// Stops forwarding but keeps connections open, like a black hole in the network.
    pub fn freeze(&self) {
        self.state.store(FROZEN, SeqCst);
    }

    /// Closes every connection and forwards new ones to the server in this URL.
    pub fn redirect_to(&self, url: &str) {
        self.cut();
        *self.target.lock().unwrap() = target(url);
        thread::sleep(POLL_INTERVAL * 4);
        self.restore();
    }

    /// Forwards again.
    pub fn restore(&self) {
        self.state.store(OPEN, SeqCst);
    }
}

fn forward(client: &TcpStream, target: &Mutex<Target>, state: &AtomicU8) {
    while state.load(SeqCst) == FROZEN {
        thread::sleep(POLL_INTERVAL);
    }
    if state.load(SeqCst) == CUT {
        return;
    }
    let target = target.lock().unwrap().clone();
    let Ok(server) = TcpStream::connect(target) else { return };
    thread::scope(|scope| {
        scope.spawn(|| copy(client, &server, state));
        copy(&server, client, state);
    });
}

fn copy(mut from: &TcpStream, mut to: &TcpStream, state: &AtomicU8) {
    let _ = (from.set_read_timeout(Some(POLL_INTERVAL)), from.set_nodelay(true), to.set_nodelay(true));
    let mut buffer = [0; 16 * 1024];
    loop {
        match state.load(SeqCst) {
            FROZEN => {
                thread::sleep(POLL_INTERVAL);
                continue;
            }
            CUT => break,
            _ => {}
        }
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                // Bytes that were read just before the line froze arrive once it is restored, as TCP would deliver them.
                while state.load(SeqCst) == FROZEN {
                    thread::sleep(POLL_INTERVAL);
                }
                if to.write_all(buffer.get(..read).unwrap()).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
