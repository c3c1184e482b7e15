use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

use super::{
    mail::Mail,
    state::{Encryption, Mood, Shared},
};

/// How a conversation over a connection ended.
#[derive(PartialEq, Eq)]
enum End {
    Disconnected,
    StartTls,
}

/// Speaks as much SMTP (RFC 5321) with one client as a sender of e-mail needs.
pub(super) async fn serve(stream: TcpStream, shared: &Shared, acceptor: &TlsAcceptor) -> io::Result<()> {
    if shared.encryption == Encryption::Implicit {
        let stream = acceptor.accept(stream).await?;
        let mut conversation = Conversation::new(stream, shared, true);
        conversation.reply("220 localhost").await?;
        conversation.run().await?;
        return Ok(());
    }
    let mut conversation = Conversation::new(stream, shared, false);
    conversation.reply("220 localhost").await?;
    if conversation.run().await? == End::StartTls {
        let stream = acceptor.accept(conversation.stream.into_inner()).await?;
        Conversation::new(stream, shared, true).run().await?;
    }
    Ok(())
}

struct Conversation<'a, S> {
    stream: BufReader<S>,
    shared: &'a Shared,
    is_encrypted: bool,
    user: Option<String>,
    sender: String,
    recipients: Vec<String>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Conversation<'a, S> {
    fn new(stream: S, shared: &'a Shared, is_encrypted: bool) -> Self {
        let stream = BufReader::new(stream);
        Self { stream, shared, is_encrypted, user: None, sender: String::new(), recipients: Vec::new() }
    }

    async fn run(&mut self) -> io::Result<End> {
        loop {
            let line = self.line().await?;
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.reply(&self.extensions()).await?,
                "HELO" | "NOOP" => self.reply("250 localhost").await?,
                "STARTTLS" if self.awaits_encryption() => {
                    self.reply("220 Go ahead").await?;
                    return Ok(End::StartTls);
                }
                _ if self.awaits_encryption() && verb != "QUIT" => self.reply("530 STARTTLS first").await?,
                "AUTH" => self.log_in(rest).await?,
                "MAIL" if self.shared.login.is_some() && self.user.is_none() => {
                    self.reply("530 Authentication required").await?;
                }
                "MAIL" => {
                    self.recipients.clear();
                    self.sender = address(rest);
                    self.reply("250 OK").await?;
                }
                "RCPT" => self.add_recipient(address(rest)).await?,
                "DATA" if self.recipients.is_empty() => self.reply("503 No recipients").await?,
                "DATA" => self.receive_mail().await?,
                "RSET" => {
                    self.recipients.clear();
                    self.reply("250 OK").await?;
                }
                "QUIT" => {
                    self.reply("221 Bye").await?;
                    return Ok(End::Disconnected);
                }
                _ => self.reply("500 Unknown command").await?,
            }
        }
    }

    fn awaits_encryption(&self) -> bool {
        self.shared.encryption == Encryption::StartTls && !self.is_encrypted
    }

    fn extensions(&self) -> String {
        let mut lines = "250-localhost\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n".to_owned();
        if self.awaits_encryption() {
            lines += "250-STARTTLS\r\n";
        } else if self.shared.login.is_some() {
            lines += "250-AUTH PLAIN LOGIN\r\n";
        }
        lines + "250 SIZE 1000000"
    }

    /// `AUTH PLAIN` and `AUTH LOGIN`, with or without an initial response.
    async fn log_in(&mut self, words: &str) -> io::Result<()> {
        let (mechanism, initial) = words.split_once(' ').unwrap_or((words, ""));
        let (user, password) = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let given = if initial.is_empty() { self.ask("334 ").await? } else { decode(initial) };
                let mut parts = given.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            "LOGIN" => {
                let user =
                    if initial.is_empty() { self.ask("334 VXNlcm5hbWU6").await? } else { decode(initial) };
                (user, self.ask("334 UGFzc3dvcmQ6").await?)
            }
            _ => return self.reply("504 Unknown mechanism").await,
        };
        if self.shared.login.as_ref() != Some(&(user.clone(), password)) {
            return self.reply("535 Wrong credentials").await;
        }
        self.user = Some(user);
        self.reply("235 OK").await
    }

    async fn ask(&mut self, question: &str) -> io::Result<String> {
        self.reply(question).await?;
        Ok(decode(&self.line().await?))
    }

    async fn add_recipient(&mut self, recipient: String) -> io::Result<()> {
        let mood = *self.shared.mood.borrow();
        if let Mood::Refusing(code) = mood {
            self.shared.refused.lock().unwrap().push(recipient);
            self.shared.changed.notify_waiters();
            return self.reply(&format!("{code} Rejected")).await;
        }
        self.recipients.push(recipient);
        self.reply("250 OK").await
    }

    async fn receive_mail(&mut self) -> io::Result<()> {
        self.reply("354 End with a dot").await?;
        let mut content = Vec::new();
        loop {
            let start = content.len();
            if self.stream.read_until(b'\n', &mut content).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if content[start..] == *b".\r\n" {
                content.truncate(start);
                break;
            }
            if content[start] == b'.' {
                content.remove(start);
            }
        }
        let recipients = std::mem::take(&mut self.recipients);
        let mail = Mail::parse(&self.sender, recipients, self.user.clone(), self.is_encrypted, &content);
        self.shared.mails.lock().unwrap().push(mail);
        self.shared.changed.notify_waiters();
        self.reply("250 Accepted").await
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Sends a reply as soon as the server no longer hangs.
    async fn reply(&mut self, text: &str) -> io::Result<()> {
        // An error means that the test has dropped the mailbox.
        let _ = self.shared.mood.clone().wait_for(|mood| *mood != Mood::Hanging).await;
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }
}

/// The text between the angle brackets.
fn address(words: &str) -> String {
    let inside = words.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

fn decode(text: &str) -> String {
    String::from_utf8(STANDARD.decode(text).unwrap_or_default()).unwrap_or_default()
}
