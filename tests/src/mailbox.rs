//! A mail server in this process, which keeps what it is sent and fails when it is told to.

mod mail;
mod smtp;

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

pub use self::mail::Mail;
use crate::{certificates::Certificates, port::free_port, programs::Settings};

/// How long a mail may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

const AUTHORITY: &str = "authority.pem";

/// How a client gets to speak in secret with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// By `STARTTLS`, without which no mail is taken.
    StartTls,
    /// From the first byte on.
    Implicit,
}

/// What the server makes of its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It takes their mails.
    Willing,
    /// It refuses each recipient with this code: 4xx for now, 5xx for good.
    Refusing(u16),
    /// It keeps connections open and says nothing more.
    Hanging,
    /// Nobody listens, and open connections are closed.
    Down,
}

/// A mail server, until it is dropped.
#[derive(Debug)]
pub struct Mailbox {
    port: u16,
    /// A folder with the certificate of its authority.
    folder: TempDir,
    mood: watch::Sender<Mood>,
    desk: Arc<Desk>,
}

/// What the connections of one server share.
#[derive(Debug)]
struct Desk {
    encryption: Encryption,
    /// User and password, where they are asked for.
    login: Option<(String, String)>,
    mood: watch::Receiver<Mood>,
    mails: Mutex<Vec<Mail>>,
    refused: Mutex<Vec<String>>,
    changed: Notify,
}

impl Mailbox {
    /// A server that asks for nothing.
    pub fn start() -> Self {
        Self::start_with(Encryption::None, None)
    }

    /// A server that asks for encryption, or for user and password, or both.
    pub fn start_with(encryption: Encryption, login: Option<(&str, &str)>) -> Self {
        let (mood, watched) = watch::channel(Mood::Willing);
        let login = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
        let desk = Arc::new(Desk {
            encryption,
            login,
            mood: watched,
            mails: Mutex::default(),
            refused: Mutex::default(),
            changed: Notify::new(),
        });
        // A port that is not handed out again while the server is down.
        let port = free_port();
        let certificates = Certificates::new();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(AUTHORITY), certificates.pem()).unwrap();
        let (acceptor, its_desk) = (certificates.acceptor(), desk.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(listen(port, its_desk, acceptor));
        });
        let mailbox = Self { port, folder, mood, desk };
        mailbox.wait_until(|is_up| is_up);
        mailbox
    }

    /// Where it listens on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `SMTP_URL`, as the programs take it.
    pub fn url(&self) -> String {
        let login = self.desk.login.as_ref().map_or_else(String::new, |(user, password)| {
            let encode = |text: &str| text.replace('%', "%25").replace(' ', "%20").replace('@', "%40");
            format!("{}:{}@", encode(user), encode(password))
        });
        let authority = self.authority();
        let (scheme, query) = match self.desk.encryption {
            Encryption::None => ("smtp", "tls=none".to_owned()),
            Encryption::StartTls => ("smtp", format!("ca={}", authority.display())),
            Encryption::Implicit => ("smtps", format!("ca={}", authority.display())),
        };
        format!("{scheme}://{login}127.0.0.1:{}?{query}", self.port)
    }

    /// The file with the certificate of its authority, in PEM.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join(AUTHORITY)
    }

    /// Lets a program send its mails here.
    pub(crate) fn set_up(&self, name: &str, settings: &mut Settings) {
        if name == "auth-service" {
            settings.insert("SMTP_URL", self.url());
            settings.insert("MAIL_FROM", "no-reply@drawbridge.example".to_owned());
        }
    }

    /// Changes how it treats its clients, from their next command on.
    pub fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
        self.wait_until(|is_up| is_up == (mood != Mood::Down));
    }

    /// The next mail to an address. Each is handed out once, in the order in which they came.
    pub async fn next_to(&self, address: &str) -> Mail {
        self.next("mail", address, || {
            let mut mails = self.desk.mails.lock().unwrap();
            let place = mails.iter().position(|mail| mail.is_to(address))?;
            Some(mails.remove(place))
        })
        .await
    }

    /// Waits until somebody was refused who had a mail for this address: what a program is to try again.
    pub async fn refusal_of(&self, address: &str) {
        self.next("refusal", address, || {
            let mut refused = self.desk.refused.lock().unwrap();
            let place = refused.iter().position(|recipient| recipient == address)?;
            refused.remove(place);
            Some(())
        })
        .await;
    }

    /// Fails if a mail to this address has come and was not handed out. To be asked after a mail that was sent
    /// later has come: no waiting shows that there is none.
    pub fn assert_none_to(&self, address: &str) {
        let mails = self.desk.mails.lock().unwrap();
        let subjects: Vec<_> =
            mails.iter().filter(|mail| mail.is_to(address)).map(|mail| &mail.subject).collect();
        assert!(subjects.is_empty(), "mails to {address}: {subjects:?}");
    }

    async fn next<T>(&self, what: &str, address: &str, mut take: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            // Made before looking, so that no change is missed in between.
            let changed = self.desk.changed.notified();
            if let Some(taken) = take() {
                return taken;
            }
            let left = PATIENCE.saturating_sub(started.elapsed());
            assert!(timeout(left, changed).await.is_ok(), "no {what} for {address}: {:?}", self.desk.mails);
        }
    }

    fn wait_until(&self, condition: impl Fn(bool) -> bool) {
        let started = Instant::now();
        while !condition(std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()) {
            assert!(started.elapsed() < PATIENCE, "the mail server does not come or go");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Listens while the server is not down, until the test lets go of it.
async fn listen(port: u16, desk: Arc<Desk>, acceptor: TlsAcceptor) {
    let mut mood = desk.mood.clone();
    while mood.wait_for(|mood| *mood != Mood::Down).await.is_ok() {
        let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await else {
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        loop {
            tokio::select! {
                accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                    tokio::spawn(attend(stream, desk.clone(), acceptor.clone()));
                },
                down = mood.wait_for(|mood| *mood == Mood::Down) => match down {
                    Ok(_) => break,
                    // The test has let go of the server.
                    Err(_) => return,
                },
            }
        }
    }
}

/// Serves one client until it leaves, or the server goes down.
async fn attend(stream: TcpStream, desk: Arc<Desk>, acceptor: TlsAcceptor) {
    let mut mood = desk.mood.clone();
    tokio::select! {
        // A client that leaves in the middle of a word has left.
        _ = smtp::serve(stream, &desk, &acceptor) => {},
        _ = mood.wait_for(|mood| *mood == Mood::Down) => {},
    }
}
