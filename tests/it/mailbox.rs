//! The tests' own mail server: what it takes and reads, and how it fails when it is told to.

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

/// Whoever sends mails.
struct Sender<S>(BufReader<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Sender<S> {
    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line
    }

    /// Says something; the last line of the answer.
    async fn say(&mut self, text: &str) -> String {
        self.0.write_all(format!("{text}\r\n").as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
        loop {
            let line = self.line().await;
            if line.get(3..4) != Some("-") {
                return line.trim_end().to_owned();
            }
        }
    }

    /// Sends the mail above; the codes of the answers.
    async fn send(&mut self, to: &str) -> Vec<String> {
        let mut codes = Vec::new();
        let recipient = format!("RCPT TO:<{to}>");
        for command in ["MAIL FROM:<bounces@example.com> BODY=8BITMIME", &recipient, "DATA"] {
            codes.push(self.say(command).await[..3].to_owned());
        }
        if codes[2] == "354" {
            codes.push(self.say(&format!("{MAIL}.")).await[..3].to_owned());
        }
        codes
    }
}

async fn connect(mailbox: &Mailbox) -> Sender<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", mailbox.port())).await.unwrap();
    Sender(BufReader::new(stream))
}

async fn greeted(mailbox: &Mailbox) -> Sender<TcpStream> {
    let mut sender = connect(mailbox).await;
    assert!(sender.line().await.starts_with("220 "));
    assert!(sender.say("EHLO tests").await.starts_with("250 "));
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

const TAKEN: [&str; 4] = ["250", "250", "354", "250"];

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_a_mail_as_its_reader_does_and_hands_it_out_once() {
    let mailbox = Mailbox::start();
    let mut sender = greeted(&mailbox).await;
    assert_eq!(sender.send("ada@example.com").await, TAKEN);
    assert_eq!(sender.send("grace@example.com").await, TAKEN, "two in one conversation");
    assert!(sender.say("QUIT").await.starts_with("221 "));
    let mail = mailbox.next_to("ada@example.com").await;
    assert_eq!(
        (mail.from.as_str(), mail.bounces_to.as_str()),
        ("no-reply@example.com", "bounces@example.com")
    );
    assert_eq!(mail.subject, "Bestätigen Sie Ihre Adresse");
    assert!(mail.text.starts_with("Schön.") && mail.text.contains("\n.and rest"), "{}", mail.text);
    assert!(mail.html.contains(">Schön</a>"), "{}", mail.html);
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    assert_eq!(
        mail.link("/confirm-address").as_str(),
        "https://app.example.com/confirm-address?token=abcdef"
    );
    assert_eq!((mail.user.as_deref(), mail.is_encrypted), (None, false));
    mailbox.assert_none_to("ada@example.com");
    mailbox.next_to("grace@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_nothing_before_it_is_spoken_to_in_secret_and_knows_who_speaks() {
    let login = Some(("drawbridge", "a secret"));
    let plain = STANDARD.encode("\0drawbridge\0a secret");

    let mailbox = Mailbox::start_with(Encryption::StartTls, login);
    let mut sender = greeted(&mailbox).await;
    assert!(sender.say(&format!("AUTH PLAIN {plain}")).await.starts_with("530 "));
    assert!(sender.say("MAIL FROM:<a@example.com>").await.starts_with("530 "));
    assert!(sender.say("STARTTLS").await.starts_with("220 "));
    let mut sender = encrypt(&mailbox, sender.0.into_inner()).await;
    sender.say("EHLO tests").await;
    assert!(sender.say("MAIL FROM:<a@example.com>").await.starts_with("530 "));
    let wrong = STANDARD.encode("\0drawbridge\0a guess");
    assert!(sender.say(&format!("AUTH PLAIN {wrong}")).await.starts_with("535 "));
    assert!(sender.say(&format!("AUTH PLAIN {plain}")).await.starts_with("235 "));
    assert_eq!(sender.send("ada@example.com").await, TAKEN);

    let other = Mailbox::start_with(Encryption::Implicit, login);
    let stream = TcpStream::connect(("127.0.0.1", other.port())).await.unwrap();
    let mut sender = encrypt(&other, stream).await;
    assert!(sender.line().await.starts_with("220 "));
    sender.say("EHLO tests").await;
    assert_eq!(sender.say("AUTH LOGIN").await, "334 VXNlcm5hbWU6");
    assert_eq!(sender.say(&STANDARD.encode("drawbridge")).await, "334 UGFzc3dvcmQ6");
    assert!(sender.say(&STANDARD.encode("a secret")).await.starts_with("235 "));
    assert_eq!(sender.send("ada@example.com").await, TAKEN);
    for mailbox in [mailbox, other] {
        let mail = mailbox.next_to("ada@example.com").await;
        assert_eq!((mail.user.as_deref(), mail.is_encrypted), (Some("drawbridge"), true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_hangs_goes_and_comes_back_as_it_is_told() {
    let mailbox = Mailbox::start();
    let mut sender = greeted(&mailbox).await;
    for (code, text) in [(451, "451"), (550, "550")] {
        mailbox.set(Mood::Refusing(code));
        assert_eq!(sender.send("ada@example.com").await, ["250", text, "503"]);
        mailbox.refusal_of("ada@example.com").await;
    }
    mailbox.set(Mood::Hanging);
    // Whether an answer comes is what is asked here: that none does takes a while to see.
    let silence = timeout(Duration::from_millis(200), sender.say("NOOP")).await;
    assert!(silence.is_err(), "{silence:?}");
    mailbox.set(Mood::Willing);
    assert!(sender.line().await.starts_with("250 "), "it answers late");

    mailbox.set(Mood::Down);
    assert!(TcpStream::connect(("127.0.0.1", mailbox.port())).await.is_err());
    assert_eq!(sender.line().await, "", "the conversation is over");
    mailbox.set(Mood::Willing);
    assert_eq!(greeted(&mailbox).await.send("ada@example.com").await, TAKEN);
    mailbox.next_to("ada@example.com").await;
}
