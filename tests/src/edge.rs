//! The network of a browser test, in this process: host names, TLS, and a proxy through which browsers reach them.

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

/// An HTTP proxy that resolves registered host names, refuses all others, and terminates TLS.
#[derive(Debug)]
pub struct Edge {
    port: u16,
    routes: Routes,
    authority: String,
    spki: String,
}

type Routes = Arc<RwLock<HashMap<String, u16>>>;

impl Edge {
    /// Starts an edge without host names.
    pub fn start() -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let routes = Routes::default();
        let known = routes.clone();
        let certificates = Certificates::new();
        let authority = certificates.pem();
        let spki = certificates.spki();
        let acceptor = certificates.acceptor();
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

    /// Forwards `https://host` to a port of this machine.
    pub fn route(&self, host: &str, port: u16) {
        self.routes.write().unwrap().insert(host.to_owned(), port);
    }

    /// The host and port of the proxy.
    pub fn proxy(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The certificate of its authority, in PEM format.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// SHA-256 of the authority's public key in Base64, as Chromium expects it.
    pub fn spki(&self) -> &str {
        &self.spki
    }
}

/// Serves one client: `CONNECT` to a registered name, then TLS, forwarded as plain HTTP.
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

/// A third-party site that serves the same page at every path.
#[derive(Debug)]
pub struct Pages {
    /// The port on which it listens.
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
                        let _ = stream.read(&mut request).await;
                        let _ = stream.write_all(answer.as_bytes()).await;
                    });
                }
            });
        });
        Self { port }
    }
}
