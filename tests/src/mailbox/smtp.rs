use std::io;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

use super::{Desk, Encryption, Mail, Mood};

/// How a conversation in one sort of connection ended.
#[derive(PartialEq, Eq)]
enum End {
    Left,
    StartTls,
}

/// Speaks SMTP (RFC 5321) with one client, as much of it as a sender of mails needs.
pub(super) async fn serve(stream: TcpStream, desk: &Desk, acceptor: &TlsAcceptor) -> io::Result<()> {
    if desk.encryption == Encryption::Implicit {
        let stream = acceptor.accept(stream).await?;
        let mut conversation = Conversation::new(stream, desk, true);
        conversation.reply("220 localhost").await?;
        conversation.run().await?;
        return Ok(());
    }
    let mut conversation = Conversation::new(stream, desk, false);
    conversation.reply("220 localhost").await?;
    if conversation.run().await? == End::StartTls {
        let stream = acceptor.accept(conversation.stream.into_inner()).await?;
        Conversation::new(stream, desk, true).run().await?;
    }
    Ok(())
}

struct Conversation<'a, S> {
    stream: BufReader<S>,
    desk: &'a Desk,
    is_encrypted: bool,
    user: Option<String>,
    sender: String,
    recipients: Vec<String>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Conversation<'a, S> {
    fn new(stream: S, desk: &'a Desk, is_encrypted: bool) -> Self {
        let stream = BufReader::new(stream);
        Self { stream, desk, is_encrypted, user: None, sender: String::new(), recipients: Vec::new() }
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
                "AUTH" => self.sign_in(rest).await?,
                "MAIL" if self.desk.login.is_some() && self.user.is_none() => {
                    self.reply("530 Who are you?").await?;
                }
                "MAIL" => {
                    self.recipients.clear();
                    self.sender = address(rest);
                    self.reply("250 Go on").await?;
                }
                "RCPT" => self.address_to(address(rest)).await?,
                "DATA" if self.recipients.is_empty() => self.reply("503 To whom?").await?,
                "DATA" => self.take_mail().await?,
                "RSET" => {
                    self.recipients.clear();
                    self.reply("250 Forgotten").await?;
                }
                "QUIT" => {
                    self.reply("221 Farewell").await?;
                    return Ok(End::Left);
                }
                _ => self.reply("500 What?").await?,
            }
        }
    }

    fn awaits_encryption(&self) -> bool {
        self.desk.encryption == Encryption::StartTls && !self.is_encrypted
    }

    fn extensions(&self) -> String {
        let mut lines = "250-localhost\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n".to_owned();
        if self.awaits_encryption() {
            lines += "250-STARTTLS\r\n";
        } else if self.desk.login.is_some() {
            lines += "250-AUTH PLAIN LOGIN\r\n";
        }
        lines + "250 SIZE 1000000"
    }

    /// `AUTH PLAIN`, at once or asked for, and `AUTH LOGIN`, which asks for one after the other.
    async fn sign_in(&mut self, words: &str) -> io::Result<()> {
        let (mechanism, at_once) = words.split_once(' ').unwrap_or((words, ""));
        let (user, password) = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let given = if at_once.is_empty() { self.ask("334 ").await? } else { decode(at_once) };
                let mut parts = given.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            "LOGIN" => {
                let user =
                    if at_once.is_empty() { self.ask("334 VXNlcm5hbWU6").await? } else { decode(at_once) };
                (user, self.ask("334 UGFzc3dvcmQ6").await?)
            }
            _ => return self.reply("504 Not in this way").await,
        };
        if self.desk.login.as_ref() != Some(&(user.clone(), password)) {
            return self.reply("535 You are somebody else").await;
        }
        self.user = Some(user);
        self.reply("235 Welcome").await
    }

    async fn ask(&mut self, question: &str) -> io::Result<String> {
        self.reply(question).await?;
        Ok(decode(&self.line().await?))
    }

    async fn address_to(&mut self, recipient: String) -> io::Result<()> {
        let mood = *self.desk.mood.borrow();
        if let Mood::Refusing(code) = mood {
            self.desk.refused.lock().unwrap().push(recipient);
            self.desk.changed.notify_waiters();
            return self.reply(&format!("{code} Not today")).await;
        }
        self.recipients.push(recipient);
        self.reply("250 Go on").await
    }

    async fn take_mail(&mut self) -> io::Result<()> {
        self.reply("354 Go on, and end with a dot").await?;
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
        self.desk.mails.lock().unwrap().push(mail);
        self.desk.changed.notify_waiters();
        self.reply("250 Taken").await
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Answers, unless the server hangs: then it does so once it is freed.
    async fn reply(&mut self, text: &str) -> io::Result<()> {
        // An error means that the mailbox is gone, and nobody waits for it.
        let _ = self.desk.mood.clone().wait_for(|mood| *mood != Mood::Hanging).await;
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }
}

/// What stands between the angle brackets.
fn address(words: &str) -> String {
    let inside = words.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

fn decode(text: &str) -> String {
    String::from_utf8(STANDARD.decode(text).unwrap_or_default()).unwrap_or_default()
}
