//! The mail server of the tests: what it accepts and parses, and how it fails on demand.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{ClientConfig, RootCertStore, pki_types::pem::PemObject};
use tests::{Encryption, Mailbox, Mood};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

const MAIL: &str = "From: Drawbridge <no-reply@example.com>\r\nTo: ada@example.com\r\n\
    Subject: =?utf-8?Q?Best=C3=A4tigen_Sie?=\r\n =?utf-8?Q?_Ihre_Adresse?=\r\n\
    Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    Sch=C3=B6n. Go to\r\nhttps://app.example.com/confirm-address?token=3Dabc=\r\ndef\r\n..and rest\r\n\
    --b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    PGEgaHJlZj0iaHR0cHM6Ly9hcHAuZXhhbXBsZS5jb20vY29uZmlybS1hZGRyZXNzP3Rva2VuPWFi\r\nY2RlZiI+U2Now7ZuPC9hPg==\r\n\
    --b--\r\n";

/// The user and the password of a server that requires them.
const LOGIN: (&str, &str) = ("drawbridge", "a secret");

/// The reply codes of an accepted e-mail.
const ACCEPTED: [&str; 4] = ["250", "250", "354", "250"];

/// An SMTP client.
struct Sender<S>(BufReader<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Sender<S> {
    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line
    }

    /// Sends a command and returns the last line of the reply.
    async fn send(&mut self, command: &str) -> String {
        self.0.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
        loop {
            let line = self.line().await;
            if line.get(3..4) != Some("-") {
                return line.trim_end().to_owned();
            }
        }
    }

    /// Sends a command and fails unless the reply has this code.
    async fn expect(&mut self, command: &str, code: &str) {
        let reply = self.send(command).await;
        assert!(reply.starts_with(code), "{command}: {reply}");
    }

    /// Sends the e-mail above and returns the codes of the replies.
    async fn send_mail(&mut self, to: &str) -> Vec<String> {
        let mut codes = Vec::new();
        let recipient = format!("RCPT TO:<{to}>");
        for command in ["MAIL FROM:<bounces@example.com> BODY=8BITMIME", &recipient, "DATA"] {
            codes.push(self.send(command).await[..3].to_owned());
        }
        if codes[2] == "354" {
            codes.push(self.send(&format!("{MAIL}.")).await[..3].to_owned());
        }
        codes
    }
}

async fn connect(mailbox: &Mailbox) -> TcpStream {
    TcpStream::connect(("127.0.0.1", mailbox.port())).await.unwrap()
}

/// Connects and exchanges greetings.
async fn greet(mailbox: &Mailbox) -> Sender<TcpStream> {
    let mut sender = Sender(BufReader::new(connect(mailbox).await));
    assert!(sender.line().await.starts_with("220 "));
    sender.expect("EHLO tests", "250 ").await;
    sender
}

async fn encrypt(mailbox: &Mailbox, stream: TcpStream) -> Sender<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let authority = rustls::pki_types::CertificateDer::from_pem_file(mailbox.authority()).unwrap();
    roots.add(authority).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let server = "127.0.0.1".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(server, stream).await.unwrap();
    Sender(BufReader::new(stream))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_decodes_mail_and_returns_it_once() {
    let mailbox = Mailbox::start();
    let mut sender = greet(&mailbox).await;
    assert_eq!(sender.send_mail("ada@example.com").await, ACCEPTED);
    assert_eq!(sender.send_mail("grace@example.com").await, ACCEPTED, "a second e-mail in one session");
    sender.expect("QUIT", "221 ").await;

    let mail = mailbox.next_to("ada@example.com").await;

    assert_eq!(mail.from, "no-reply@example.com");
    assert_eq!(mail.bounces_to, "bounces@example.com");
    assert_eq!(mail.subject, "Bestätigen Sie Ihre Adresse");
    assert!(mail.text.starts_with("Schön.") && mail.text.contains("\n.and rest"), "{}", mail.text);
    assert!(mail.html.contains(">Schön</a>"), "{}", mail.html);
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    let link = mail.link("/confirm-address");
    assert_eq!(link.as_str(), "https://app.example.com/confirm-address?token=abcdef");
    assert_eq!(mail.user, None);
    assert!(!mail.is_encrypted);
    mailbox.assert_none_to("ada@example.com");
    mailbox.next_to("grace@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_requires_starttls_and_auth_plain() {
    let (user, password) = LOGIN;
    let correct = STANDARD.encode(format!("\0{user}\0{password}"));
    let wrong = STANDARD.encode(format!("\0{user}\0a guess"));
    let mailbox = Mailbox::start_with(Encryption::StartTls, Some(LOGIN));
    let mut sender = greet(&mailbox).await;

    sender.expect(&format!("AUTH PLAIN {correct}"), "530 ").await;
    sender.expect("MAIL FROM:<a@example.com>", "530 ").await;
    sender.expect("STARTTLS", "220 ").await;
    let mut sender = encrypt(&mailbox, sender.0.into_inner()).await;
    sender.send("EHLO tests").await;
    sender.expect("MAIL FROM:<a@example.com>", "530 ").await;
    sender.expect(&format!("AUTH PLAIN {wrong}"), "535 ").await;
    sender.expect(&format!("AUTH PLAIN {correct}"), "235 ").await;
    assert_eq!(sender.send_mail("ada@example.com").await, ACCEPTED);

    let mail = mailbox.next_to("ada@example.com").await;
    assert_eq!(mail.user.as_deref(), Some(user));
    assert!(mail.is_encrypted);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_requires_implicit_tls_and_auth_login() {
    let (user, password) = LOGIN;
    let mailbox = Mailbox::start_with(Encryption::Implicit, Some(LOGIN));
    let stream = connect(&mailbox).await;
    let mut sender = encrypt(&mailbox, stream).await;

    assert!(sender.line().await.starts_with("220 "));
    sender.send("EHLO tests").await;
    assert_eq!(sender.send("AUTH LOGIN").await, "334 VXNlcm5hbWU6");
    assert_eq!(sender.send(&STANDARD.encode(user)).await, "334 UGFzc3dvcmQ6");
    sender.expect(&STANDARD.encode(password), "235 ").await;
    assert_eq!(sender.send_mail("ada@example.com").await, ACCEPTED);

    let mail = mailbox.next_to("ada@example.com").await;
    assert_eq!(mail.user.as_deref(), Some(user));
    assert!(mail.is_encrypted);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_rejects_recipients_on_demand() {
    let mailbox = Mailbox::start();
    let mut sender = greet(&mailbox).await;

    for (code, reply) in [(451, "451"), (550, "550")] {
        mailbox.set(Mood::Refusing(code));
        assert_eq!(sender.send_mail("ada@example.com").await, ["250", reply, "503"]);
        mailbox.refusal_of("ada@example.com").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_hangs_and_goes_down_on_demand() {
    let mailbox = Mailbox::start();
    let mut sender = greet(&mailbox).await;

    mailbox.set(Mood::Hanging);
    let silence = timeout(Duration::from_millis(200), sender.send("NOOP")).await;
    assert!(silence.is_err(), "{silence:?}");
    mailbox.set(Mood::Willing);
    assert!(sender.line().await.starts_with("250 "), "the reply comes late");

    mailbox.set(Mood::Down);
    assert!(TcpStream::connect(("127.0.0.1", mailbox.port())).await.is_err());
    assert_eq!(sender.line().await, "", "the connection is closed");
    mailbox.set(Mood::Willing);
    assert_eq!(greet(&mailbox).await.send_mail("ada@example.com").await, ACCEPTED);
    mailbox.next_to("ada@example.com").await;
}
