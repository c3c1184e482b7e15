//! A frontend and a backend in one server, with one fault.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

use chrono::TimeDelta;
use drawbridge_core::clock::{Clock, SystemClock};
use tests::PASSWORD;

/// What is wrong with the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    NoCookie,
    /// The login sets this cookie, which may be correct in another deployment.
    Cookie(&'static str),
    TwoCookies,
    Oversized,
    CorsWildcard,
    CorsNoCredentials,
    CorsOtherOrigin,
    ClockSkew,
    Cacheable,
    FreshForAll,
    FromCache,
    OpenDoor,
    Loop,
    GuardRefuses,
    LoginBelowThePage,
    NoPage,
    LoginRefused,
    LoginFails,
    /// Not a fault: the account needs a second factor.
    SecondFactor,
    PlainHttp,
    UnknownAuthority,
}

/// Starts a server and returns its port.
pub(super) fn start_fake(fault: Fault) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // An error means that the client has disconnected.
            thread::spawn(move || serve(stream, fault));
        }
    });
    port
}

struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    fn read(stream: &TcpStream) -> io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut request = Self { line, headers: Vec::new(), body: String::new() };
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let Some((name, value)) = header.split_once(':') else { break };
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = request.header("content-length").parse().unwrap_or(0);
        reader.take(length).read_to_string(&mut request.body)?;
        Ok(request)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }
}

fn serve(mut stream: TcpStream, fault: Fault) -> io::Result<()> {
    let request = Request::read(&stream)?;
    let (status, headers, body) = answer(&request, fault);
    let skew = TimeDelta::minutes(if fault == Fault::ClockSkew { 5 } else { 0 });
    let date = (SystemClock.now() + skew).format("%a, %d %b %Y %H:%M:%S GMT");
    let headers: Vec<_> = headers.iter().flat_map(|header| [header.as_str(), "\r\n"]).collect();
    let headers = headers.concat();
    write!(
        stream,
        "HTTP/1.1 {status} Fake\r\ndate: {date}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
}

fn answer(request: &Request, fault: Fault) -> (u16, Vec<String>, &'static str) {
    let mut words = request.line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    // A client asks a proxy for the full URL, over plain HTTP.
    if let Some(target) = target.strip_prefix("http://") {
        return match fault {
            Fault::PlainHttp => (200, vec![], "a page"),
            _ => (301, vec![format!("location: https://{target}")], ""),
        };
    }
    match (method, target) {
        ("GET", "/.well-known/jwks.json") => (200, vec![], r#"{"keys":[{"kty":"OKP"}]}"#),
        ("OPTIONS", "/api/login") => (204, cors(request, fault), ""),
        ("POST", "/api/login") => login(request, fault),
        ("GET", "/private") if fault == Fault::NoPage => (404, vec![], ""),
        ("GET", "/private") => private(request, fault),
        ("GET", "/login") if fault == Fault::Loop => (302, vec!["location: /private".into()], ""),
        ("GET", "/" | "/login" | "/private/login") => (200, vec![], "a page"),
        _ => (404, vec![], ""),
    }
}

fn cors(request: &Request, fault: Fault) -> Vec<String> {
    let origin = match fault {
        Fault::CorsWildcard => "*",
        Fault::CorsOtherOrigin => "https://app.example.org",
        _ => request.header("origin"),
    };
    let mut headers = vec![
        format!("access-control-allow-origin: {origin}"),
        "access-control-allow-headers: content-type".to_owned(),
        "vary: origin".to_owned(),
    ];
    if fault != Fault::CorsNoCredentials {
        headers.push("access-control-allow-credentials: true".to_owned());
    }
    headers
}

fn login(request: &Request, fault: Fault) -> (u16, Vec<String>, &'static str) {
    let is_known = request.body.contains(PASSWORD) && request.body.contains("ada@example.com");
    if fault == Fault::LoginRefused || !is_known {
        return (401, cors(request, fault), r#"{"code":"invalid_credentials"}"#);
    }
    if fault == Fault::LoginFails {
        return (502, cors(request, fault), "");
    }
    if fault == Fault::SecondFactor {
        let body = r#"{"success":true,"data":{"pending":"sealed","factors":["totp"],"enrol":false}}"#;
        return (202, cors(request, fault), body);
    }
    let good = "sid=good; Path=/; HttpOnly; SameSite=Lax";
    let secure = "__Host-sid=good; Path=/; HttpOnly; Secure; SameSite=Lax";
    let cookies = match fault {
        Fault::NoCookie => vec![],
        Fault::Cookie(cookie) => vec![cookie.to_owned()],
        Fault::TwoCookies => {
            vec![good.to_owned(), "sid=old; Path=/private; HttpOnly; SameSite=Lax".to_owned()]
        }
        Fault::Oversized => vec![format!("sid={}; Path=/; HttpOnly; SameSite=Lax", "x".repeat(5000))],
        Fault::PlainHttp | Fault::UnknownAuthority => vec![secure.to_owned()],
        _ => vec![good.to_owned()],
    };
    let mut headers = cors(request, fault);
    headers.extend(cookies.iter().map(|cookie| format!("set-cookie: {cookie}")));
    headers.push(match fault {
        Fault::Cacheable => "cache-control: public, max-age=60".into(),
        Fault::FreshForAll => "cache-control: max-age=3600".into(),
        Fault::FromCache => "x-cache: HIT from edge".into(),
        _ => "cache-control: no-store".into(),
    });
    (200, headers, r#"{"success":true}"#)
}

fn private(request: &Request, fault: Fault) -> (u16, Vec<String>, &'static str) {
    let is_signed_in = request.header("cookie").contains("sid=good") && fault != Fault::GuardRefuses;
    if fault == Fault::LoginBelowThePage {
        return (302, vec!["location: /private/login".into()], "");
    }
    if fault == Fault::OpenDoor || (is_signed_in && fault != Fault::Loop) {
        (200, vec![], "the page")
    } else {
        (302, vec!["location: /login".into()], "")
    }
}

/// Starts a proxy that forwards encrypted requests to `edge` and plain ones to `port`, and returns its port.
pub(super) fn start_proxy(edge: &str, port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    let edge = edge.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let edge = edge.clone();
            thread::spawn(move || forward(stream, &edge, port));
        }
    });
    own
}

fn forward(mut client: TcpStream, edge: &str, port: u16) -> io::Result<()> {
    let mut begin = [0; 8];
    // Long enough to distinguish the two, and no longer than the shortest request.
    client.read_exact(&mut begin)?;
    let plain = format!("127.0.0.1:{port}");
    let mut server = TcpStream::connect(if begin == *b"CONNECT " { edge } else { plain.as_str() })?;
    server.write_all(&begin)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        // Either side may close the connection.
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let _ = io::copy(&mut server, &mut client);
    client.shutdown(Shutdown::Both)
}
