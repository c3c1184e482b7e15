use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

use diesel::{
    ConnectionError, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, Connection as _, SimpleConnection, TransactionManager},
    r2d2::{self, ManageConnection, R2D2Connection},
    result::Error as QueryError,
    sql_query,
};

use crate::{
    access::Access,
    error::DatabaseUnavailable,
    on_backend,
    postgres::{self, PostgresConnection},
    url::DatabaseUrl,
};
use drawbridge_core::settings::Timeouts;

/// A connection to PostgreSQL or SQLite.
#[expect(clippy::large_enum_variant, reason = "a handful of connections live in a pool")]
pub enum Connection {
    /// PostgreSQL.
    Postgres(PostgresConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// The PostgreSQL advisory lock that serializes changes to the schema and to the keys.
const EXCLUSIVE_LOCK: i64 = 0x6472_6177_6272_6467;

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// The database does not answer. The error text never contains the URL.
    pub fn open(url: &DatabaseUrl, access: Access) -> Result<Self, DatabaseUnavailable> {
        Self::open_within(url, access, Timeouts::default())
    }

    fn open_within(
        url: &DatabaseUrl,
        access: Access,
        timeouts: Timeouts,
    ) -> Result<Self, DatabaseUnavailable> {
        match url {
            DatabaseUrl::Postgres(url) => postgres::connect(url, access, timeouts).map(Self::Postgres),
            DatabaseUrl::Sqlite(path) => sqlite(path, access).map(Self::Sqlite),
        }
    }

    /// Moves the SQLite write-ahead log into the database file, so that a copy of the file is complete. Does nothing on
    /// PostgreSQL.
    pub fn checkpoint(&mut self) -> Result<(), QueryError> {
        match self {
            Self::Postgres(_) => Ok(()),
            Self::Sqlite(c) => c.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)"),
        }
    }

    /// Runs `work` in a transaction, which is rolled back if it fails.
    ///
    /// On SQLite the transaction takes the write lock immediately (`BEGIN IMMEDIATE`): a deferred one that reads first
    /// would fail as soon as another process has written. On PostgreSQL it is READ COMMITTED: change a row before
    /// relying on what was read from it.
    pub fn transaction<T, E: From<QueryError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Postgres(c) => begin(c)?,
            Self::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
        }
        match work(self) {
            Ok(value) => {
                on_backend!(self, |c| commit(c))?;
                Ok(value)
            }
            Err(error) => {
                // The original error is more useful than a failed rollback on a broken connection.
                let _ = on_backend!(self, |c| rollback(c));
                Err(error)
            }
        }
    }

    /// [`Connection::transaction`] for work that only one replica may do at a time.
    pub fn exclusively<T, E: From<QueryError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(|connection| {
            if let Self::Postgres(c) = connection {
                sql_query(format!("SELECT pg_advisory_xact_lock({EXCLUSIVE_LOCK})")).execute(c)?;
            }
            work(connection)
        })
    }
}

fn begin<C: diesel::Connection>(connection: &mut C) -> Result<(), QueryError> {
    C::TransactionManager::begin_transaction(connection)
}

fn commit<C: diesel::Connection>(connection: &mut C) -> Result<(), QueryError> {
    C::TransactionManager::commit_transaction(connection)
}

fn rollback<C: diesel::Connection>(connection: &mut C) -> Result<(), QueryError> {
    C::TransactionManager::rollback_transaction(connection)
}

/// Creates an empty file, which is an empty database. SQLite gives the files that it adds next to it the same
/// permissions.
///
/// An existing file is not opened: closing it would drop all locks of this process on it (POSIX, `fcntl`), and another
/// program could lock the database.
fn create_file(path: &Path) -> io::Result<()> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

fn sqlite(path: &Path, access: Access) -> Result<SqliteConnection, DatabaseUnavailable> {
    let named = |what: String| DatabaseUnavailable(format!("{}: {what}", path.display()));
    let Some(text) = path.to_str() else {
        return Err(named("the path is not UTF-8".into()));
    };
    if access == Access::Own {
        create_file(path).map_err(|error| named(error.to_string()))?;
    }
    let text = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let (mode, pragma) = match access {
        Access::Own => ("rw", ""),
        Access::Read => ("rw", "PRAGMA query_only = ON;"),
    };
    let mut connection = SqliteConnection::establish(&format!("file:{text}?mode={mode}"))
        .map_err(|error| named(error.to_string()))?;
    // busy_timeout comes first: switching to WAL already needs a lock.
    connection
        .batch_execute(&format!(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
             PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; {pragma}"
        ))
        .map_err(|error| named(error.to_string()))?;
    Ok(connection)
}

/// Opens and checks the connections of a pool.
pub(super) struct Manager {
    url: DatabaseUrl,
    access: Access,
    timeouts: Timeouts,
}

impl Manager {
    pub(super) fn new(url: DatabaseUrl, access: Access, timeouts: Timeouts) -> Self {
        Self { url, access, timeouts }
    }
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<Connection, r2d2::Error> {
        let connection_error =
            |error: String| r2d2::Error::ConnectionError(ConnectionError::BadConnection(error));
        let connection = Connection::open_within(&self.url, self.access, self.timeouts);
        let mut connection = connection.map_err(|error| connection_error(error.0))?;
        // Longer than any caller waits. Migrations may take longer and do not use the pool.
        if let Connection::Postgres(c) = &mut connection {
            c.batch_execute("SET statement_timeout = 5000")
                .map_err(|error| connection_error(error.to_string()))?;
        }
        Ok(connection)
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), r2d2::Error> {
        on_backend!(connection, |c| c.ping()).map_err(r2d2::Error::QueryError)
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        // A panic may have left a transaction open.
        std::thread::panicking() || on_backend!(connection, |c| c.is_broken())
    }
}
