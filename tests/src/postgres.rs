use std::{
    env,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::{own_runtime::in_own_runtime, postgres_server::PostgresServer};

/// One server for each test process.
static SERVER: LazyLock<Shared> = LazyLock::new(Shared::start);
static NEXT: AtomicU32 = AtomicU32::new(1);

struct Shared {
    /// Without the name of a database.
    url: String,
    _server: Option<PostgresServer>,
}

impl Shared {
    fn start() -> Self {
        if let Ok(url) = env::var("DATABASE_URL") {
            let (server, _) = url.rsplit_once('/').expect("DATABASE_URL must name a database");
            return Self { url: server.to_owned(), _server: None };
        }
        let server = PostgresServer::start();
        Self { url: server.url(), _server: Some(server) }
    }
}

/// Creates an empty database, on the server in `DATABASE_URL` or on a temporary one, and returns its URL.
pub fn fresh_postgres_database() -> String {
    fresh_database_on(&SERVER.url)
}

impl PostgresServer {
    /// Creates an empty database on this server and returns its URL.
    pub fn fresh_database(&self) -> String {
        fresh_database_on(&self.url())
    }
}

fn fresh_database_on(server: &str) -> String {
    let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let admin = format!("{server}/postgres");
    let statement = format!("CREATE DATABASE {name}");
    in_own_runtime(move || async move {
        let (client, connection) = tokio_postgres::connect(&admin, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&statement).await.unwrap();
    });
    format!("{server}/{name}")
}
