//! An application that answers with bytes that a test has written.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

use super::raw_http::read_head;

/// The first words of a request in lower case, such as `get /a`, and the bytes of its response.
pub(super) type Script = &'static [(&'static str, &'static [u8])];

/// A running application. Keeps connections open.
pub(super) struct ScriptedServer {
    pub(super) url: String,
    /// The heads of all requests, in lower case.
    pub(super) heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl ScriptedServer {
    pub(super) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (heads, connections) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicUsize>::default());
        let (received, accepted) = (heads.clone(), connections.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, SeqCst);
                tokio::spawn(serve(stream, script, received.clone()));
            }
        });
        Self { url, heads, connections }
    }

    /// How many connections have been opened.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

async fn serve(mut stream: TcpStream, script: Script, received: Arc<Mutex<Vec<String>>>) {
    while let Some(head) = read_head(&mut stream).await {
        let request = head.split(" http/").next().unwrap_or_default();
        let response = script.iter().find(|(scripted, _)| *scripted == request);
        let not_scripted: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        let response = response.map_or(not_scripted, |(_, response)| response);
        received.lock().unwrap().push(head);
        if stream.write_all(response).await.is_err() {
            return;
        }
    }
}
