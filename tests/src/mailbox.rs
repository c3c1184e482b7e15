//! A mail server in this process that stores what it receives and fails on demand.

mod mail;
mod smtp;
mod state;

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use self::state::Shared;
pub use self::{
    mail::Mail,
    state::{Encryption, Mood},
};
use crate::{certificates::Certificates, port::free_port};

/// How long an e-mail may take to arrive.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(20);

const AUTHORITY: &str = "authority.pem";

/// A mail server that runs until it is dropped.
#[derive(Debug)]
pub struct Mailbox {
    port: u16,
    /// Contains the certificate of its authority.
    folder: TempDir,
    mood: watch::Sender<Mood>,
    shared: Arc<Shared>,
}

impl Mailbox {
    /// Starts a server without encryption or login.
    pub fn start() -> Self {
        Self::start_with(Encryption::None, None)
    }

    /// Starts a server that requires encryption, a user and a password, or both.
    pub fn start_with(encryption: Encryption, login: Option<(&str, &str)>) -> Self {
        let (mood, watched) = watch::channel(Mood::Willing);
        let login = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
        let shared = Arc::new(Shared {
            encryption,
            login,
            mood: watched,
            mails: Mutex::default(),
            refused: Mutex::default(),
            changed: Notify::new(),
        });
        // No other server gets this port while this one is down.
        let port = free_port();
        let certificates = Certificates::new();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(AUTHORITY), certificates.pem()).unwrap();
        let acceptor = certificates.acceptor();
        let for_thread = shared.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(listen(port, for_thread, acceptor));
        });
        let mailbox = Self { port, folder, mood, shared };
        mailbox.wait_until(|is_up| is_up);
        mailbox
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The value of `SMTP_URL` for this server.
    pub fn url(&self) -> String {
        let login = self.shared.login.as_ref().map_or_else(String::new, |(user, password)| {
            let encode = |text: &str| text.replace('%', "%25").replace(' ', "%20").replace('@', "%40");
            format!("{}:{}@", encode(user), encode(password))
        });
        let authority = self.authority();
        let (scheme, query) = match self.shared.encryption {
            Encryption::None => ("smtp", "tls=none".to_owned()),
            Encryption::StartTls => ("smtp", format!("ca={}", authority.display())),
            Encryption::Implicit => ("smtps", format!("ca={}", authority.display())),
        };
        format!("{scheme}://{login}127.0.0.1:{}?{query}", self.port)
    }

    /// The file with the certificate of its authority, in PEM format.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join(AUTHORITY)
    }

    /// Changes how it treats its clients, starting with their next command.
    pub fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
        self.wait_until(|is_up| is_up == (mood != Mood::Down));
    }

    /// Waits for the next e-mail to an address. Each e-mail is returned once, in the order of arrival.
    pub async fn next_to(&self, address: &str) -> Mail {
        self.next("mail", address, || {
            let mut mails = self.shared.mails.lock().unwrap();
            let place = mails.iter().position(|mail| mail.is_to(address))?;
            Some(mails.remove(place))
        })
        .await
    }

    /// Waits until the server has rejected this recipient.
    pub async fn refusal_of(&self, address: &str) {
        self.next("refusal", address, || {
            let mut refused = self.shared.refused.lock().unwrap();
            let place = refused.iter().position(|recipient| recipient == address)?;
            refused.remove(place);
            Some(())
        })
        .await;
    }

    /// Fails if an e-mail to this address has arrived and has not been returned yet. Call it after an e-mail that was
    /// sent later has arrived, because waiting cannot prove that there is none.
    pub fn assert_none_to(&self, address: &str) {
        let mails = self.shared.mails.lock().unwrap();
        let subjects: Vec<_> =
            mails.iter().filter(|mail| mail.is_to(address)).map(|mail| &mail.subject).collect();
        assert!(subjects.is_empty(), "e-mails to {address}: {subjects:?}");
    }

    async fn next<T>(&self, kind: &str, address: &str, mut take: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            // Registered before the check, so that no change is missed in between.
            let changed = self.shared.changed.notified();
            if let Some(taken) = take() {
                return taken;
            }
            let left = ARRIVAL_TIMEOUT.saturating_sub(started.elapsed());
            assert!(timeout(left, changed).await.is_ok(), "no {kind} for {address}: {:?}", self.shared.mails);
        }
    }

    fn wait_until(&self, condition: impl Fn(bool) -> bool) {
        let started = Instant::now();
        while !condition(std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()) {
            assert!(started.elapsed() < ARRIVAL_TIMEOUT, "the mail server neither starts nor stops");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Accepts connections while the server is not down, until the test drops it.
async fn listen(port: u16, shared: Arc<Shared>, acceptor: TlsAcceptor) {
    let mut mood = shared.mood.clone();
    while mood.wait_for(|mood| *mood != Mood::Down).await.is_ok() {
        let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await else {
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        loop {
            tokio::select! {
                accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                    tokio::spawn(attend(stream, shared.clone(), acceptor.clone()));
                },
                down = mood.wait_for(|mood| *mood == Mood::Down) => match down {
                    Ok(_) => break,
                    // The test has dropped the server.
                    Err(_) => return,
                },
            }
        }
    }
}

/// Serves one client until it disconnects or the server goes down.
async fn attend(stream: TcpStream, shared: Arc<Shared>, acceptor: TlsAcceptor) {
    let mut mood = shared.mood.clone();
    tokio::select! {
        // An error means that the client has disconnected.
        _ = smtp::serve(stream, &shared, &acceptor) => {},
        _ = mood.wait_for(|mood| *mood == Mood::Down) => {},
    }
}
