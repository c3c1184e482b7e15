//! The internet of a test: names, TLS and a way for browsers to get there, all in this process.

use std::{
    collections::HashMap,
    net::TcpListener as StdListener,
    sync::{Arc, RwLock},
    thread,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::certificates::Certificates;

/// An HTTP proxy that knows some names and refuses all others, and what ends TLS behind it.
#[derive(Debug)]
pub struct Edge {
    port: u16,
    routes: Routes,
    authority: String,
    spki: String,
}

type Routes = Arc<RwLock<HashMap<String, u16>>>;

impl Edge {
    /// Starts an edge that knows no name yet.
    pub fn start() -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let (port, routes) = (listener.local_addr().unwrap().port(), Routes::default());
        let certificates = Certificates::new();
        let (authority, spki) = (certificates.pem(), certificates.spki());
        let (acceptor, known) = (certificates.acceptor(), routes.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let (acceptor, known) = (acceptor.clone(), known.clone());
                    tokio::spawn(async move { serve(stream, acceptor, known).await });
                }
            });
        });
        Self { port, routes, authority, spki }
    }

    /// Lets `https://host` lead to a port of this machine.
    pub fn route(&self, host: &str, port: u16) {
        self.routes.write().unwrap().insert(host.to_owned(), port);
    }

    /// Where browsers find it: host and port.
    pub fn proxy(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The certificate of its authority, in PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// SHA-256 of the authority's public key, in Base64, as Chromium takes it.
    pub fn spki(&self) -> &str {
        &self.spki
    }
}

/// Serves one client: `CONNECT` to a name that is known, TLS, and plain HTTP behind it.
async fn serve(stream: TcpStream, acceptor: TlsAcceptor, routes: Routes) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    loop {
        let mut header = String::new();
        if stream.read_line(&mut header).await.ok()? <= 2 {
            break;
        }
    }
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    let port = routes.read().unwrap().get(host).copied();
    let Some(port) = port.filter(|_| method == "CONNECT") else {
        let refusal = b"HTTP/1.1 502 Unknown\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(refusal).await.ok()?;
        return None;
    };
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
    let mut client = acceptor.accept(stream).await.ok()?;
    let mut server = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    copy_bidirectional(&mut client, &mut server).await.ok()?;
    None
}

/// A site of somebody else's: one page, whatever the path.
#[derive(Debug)]
pub struct Pages {
    /// Where it listens on this machine.
    pub port: u16,
}

impl Pages {
    /// Serves `html`.
    pub fn start(html: &str) -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{html}",
            html.len()
        );
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((mut stream, _)) = listener.accept().await {
                    let answer = answer.clone();
                    tokio::spawn(async move {
                        let mut request = [0; 8192];
                        // A page is all that it has, whatever it is asked.
                        let _ = stream.read(&mut request).await;
                        let _ = stream.write_all(answer.as_bytes()).await;
                    });
                }
            });
        });
        Self { port }
    }
}
