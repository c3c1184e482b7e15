//! An HTTP client that sends one request at a time over one connection.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context, ensure};

/// The longest wait for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// The `User-Agent` of a current browser.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A connection to a server on this machine.
pub(crate) struct Http {
    reader: BufReader<TcpStream>,
    host: String,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    method: &'a str,
    path: &'a str,
    token: Option<&'a str>,
    json: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl<'a> Request<'a> {
    /// `GET`.
    pub(crate) fn get(path: &'a str) -> Self {
        Self { method: "GET", path, token: None, json: None }
    }

    /// `POST` without a body.
    pub(crate) fn post(path: &'a str) -> Self {
        Self { method: "POST", path, token: None, json: None }
    }

    /// `POST` with a JSON body.
    pub(crate) fn post_json(path: &'a str, body: &serde_json::Value) -> Self {
        Self { method: "POST", path, token: None, json: Some(body.to_string()) }
    }

    /// Adds the session cookie.
    pub(crate) fn with_token(mut self, token: &'a str) -> Self {
        self.token = Some(token);
        self
    }

    fn text(&self, host: &str) -> String {
        let Self { method, path, .. } = self;
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: {USER_AGENT}\r\naccept: */*\r\n"
        );
        if let Some(token) = self.token {
            let _ = write!(text, "cookie: token={token}\r\n");
        }
        if self.json.is_some() {
            text.push_str("content-type: application/json\r\n");
        }
        let body = self.json.as_deref().unwrap_or_default();
        if *method != "GET" {
            let _ = write!(text, "content-length: {}\r\n", body.len());
        }
        format!("{text}\r\n{body}")
    }
}

impl Http {
    /// Connects to a port of this machine.
    pub(crate) fn connect(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        Ok(Self { reader: BufReader::new(stream), host: format!("127.0.0.1:{port}") })
    }

    /// Sends a request and reads the answer.
    pub(crate) fn send(&mut self, request: &Request) -> anyhow::Result<Answer> {
        // Write the request in one piece, so that the server also reads it in one piece.
        self.reader.get_mut().write_all(request.text(&self.host).as_bytes())?;
        let mut head = String::new();
        loop {
            let start = head.len();
            ensure!(self.reader.read_line(&mut head)? > 0, "{} closed the connection", self.host);
            if head.len() - start <= 2 {
                break;
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("not an HTTP response: {head}"))?;
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        answer.body = String::from_utf8(body)?;
        Ok(answer)
    }

    /// [`Http::send`] for a request that must be answered with this status.
    pub(crate) fn expect(&mut self, request: &Request, status: u16) -> anyhow::Result<Answer> {
        let answer = self.send(request)?;
        let (path, got) = (request.path, answer.status);
        ensure!(got == status, "{path} was answered with {got}, not {status}: {}", answer.body);
        Ok(answer)
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The session token that the answer sets as a cookie.
    pub(crate) fn token(&self) -> anyhow::Result<String> {
        let mut cookies =
            self.head.lines().filter_map(|line| line.split_once(": token=")).map(|(_, rest)| rest);
        let token = cookies.find_map(|rest| rest.split(';').next());
        token.map(str::to_owned).context("the answer sets no session cookie")
    }

    /// The value of a metric with these labels; 0 if it is not exposed.
    pub(crate) fn metric(&self, name_and_labels: &str) -> u64 {
        let mut values =
            self.body.lines().filter_map(|line| line.strip_prefix(name_and_labels)?.strip_prefix(' '));
        values.find_map(|value| value.parse().ok()).unwrap_or(0)
    }
}
