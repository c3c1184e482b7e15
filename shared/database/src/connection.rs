use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path};

use diesel::{
    ConnectionError, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, Connection as _, SimpleConnection, TransactionManager},
    r2d2::{self, ManageConnection, R2D2Connection},
    result::Error as QueryError,
    sql_query,
};

use super::{
    DatabaseUnavailable, DatabaseUrl,
    postgres::{self, PostgresConnection},
};
use crate::on_backend;
use drawbridge_core::settings::Timeouts;

/// What a service may do with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything: it owns the schema. A SQLite file is made if it is not there.
    Own,
    /// Reading alone, whatever the role would allow.
    Read,
}

/// A connection to either database.
#[expect(clippy::large_enum_variant, reason = "a handful of connections live in a pool")]
pub enum Connection {
    /// PostgreSQL.
    Postgres(PostgresConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Two processes that change the schema or the keys at once take turns by this lock of PostgreSQL.
const EXCLUSIVE_LOCK: i64 = 0x6472_6177_6272_6467;

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When the database does not answer, in a line that does not show the URL.
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

    /// Moves everything into the database's own file, so that a copy of it is a whole one. PostgreSQL
    /// needs nothing of the kind.
    pub fn checkpoint(&mut self) -> Result<(), QueryError> {
        match self {
            Self::Postgres(_) => Ok(()),
            Self::Sqlite(c) => c.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)"),
        }
    }

    /// Runs `work` in a transaction, and undoes all of it if it fails.
    ///
    /// On SQLite the transaction takes the write lock at once (`BEGIN IMMEDIATE`): a deferred one
    /// that reads first would fail as soon as another has written. On PostgreSQL it is READ
    /// COMMITTED: change a row before relying on what was read of it.
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
                // The first error says more than a rollback that fails on a broken connection.
                let _ = on_backend!(self, |c| rollback(c));
                Err(error)
            }
        }
    }

    /// [`Connection::transaction`] for work that must not run twice at once on all replicas.
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

/// Makes an empty file, which is an empty database; what SQLite puts beside it is as private as it is.
///
/// A file that is there is not opened: closing it would drop all of this process's locks on it (POSIX, `fcntl`), and
/// another program would take the database for its own.
fn make(path: &Path) -> io::Result<()> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

fn sqlite(path: &Path, access: Access) -> Result<SqliteConnection, DatabaseUnavailable> {
    let named = |what: String| DatabaseUnavailable(format!("{}: {what}", path.display()));
    let Some(text) = path.to_str() else {
        return Err(named("the path is not UTF-8".into()));
    };
    if access == Access::Own {
        make(path).map_err(|error| named(error.to_string()))?;
    }
    let text = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let (mode, pragma) = match access {
        Access::Own => ("rw", ""),
        Access::Read => ("rw", "PRAGMA query_only = ON;"),
    };
    let mut connection = SqliteConnection::establish(&format!("file:{text}?mode={mode}"))
        .map_err(|error| named(error.to_string()))?;
    // The patience comes first: switching to WAL needs a lock already.
    connection
        .batch_execute(&format!(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
             PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; {pragma}"
        ))
        .map_err(|error| named(error.to_string()))?;
    Ok(connection)
}

/// Makes and checks the connections of a pool.
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
        let refused = |error: String| r2d2::Error::ConnectionError(ConnectionError::BadConnection(error));
        let connection = Connection::open_within(&self.url, self.access, self.timeouts);
        let mut connection = connection.map_err(|error| refused(error.0))?;
        // Longer than anybody waits; a migration, which may take longer, does not come through here.
        if let Connection::Postgres(c) = &mut connection {
            c.batch_execute("SET statement_timeout = 5000").map_err(|error| refused(error.to_string()))?;
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
