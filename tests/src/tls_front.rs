use std::{fs, net::TcpListener as StdListener, path::PathBuf, thread};

use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

use crate::certificates::Certificates;

/// A port with a certificate of a private authority. It forwards to a port without TLS.
#[derive(Debug)]
pub struct TlsFront {
    port: u16,
    /// Contains the certificate of the authority.
    folder: TempDir,
}

impl TlsFront {
    /// Starts one in front of a port of this machine. It runs until the test process ends.
    pub fn to(target: u16) -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let certificates = Certificates::new();
        let front = Self { port, folder: TempDir::new().unwrap() };
        fs::write(front.authority(), certificates.pem()).unwrap();
        let acceptor = certificates.acceptor();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    let acceptor = acceptor.clone();
                    tokio::spawn(async move {
                        let mut client = acceptor.accept(client).await.ok()?;
                        let mut server = TcpStream::connect(("127.0.0.1", target)).await.ok()?;
                        copy_bidirectional(&mut client, &mut server).await.ok()
                    });
                }
            });
        });
        front
    }

    /// The port with TLS.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file with the certificate of its authority, in PEM format.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}
