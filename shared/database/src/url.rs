use std::{fmt, path::PathBuf};

use drawbridge_core::settings::{Reader, Setting};
use secrecy::ExposeSecret;

/// `DATABASE_URL`: the scheme chooses the backend.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// `postgres://user:password@host:port/name?sslmode=verify-full&sslrootcert=…`
    Postgres(String),
    /// `sqlite://path`, relative to the working directory unless the path begins with a slash.
    Sqlite(PathBuf),
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The URL may hold a password.
            Self::Postgres(_) => f.write_str("DatabaseUrl::Postgres(..)"),
            Self::Sqlite(path) => write!(f, "DatabaseUrl::Sqlite({})", path.display()),
        }
    }
}

const DATABASE_URL: Setting =
    Setting::new("DATABASE_URL", "The database; its scheme selects PostgreSQL or SQLite.")
        .values("`postgres://…` or `sqlite://path`");

impl DatabaseUrl {
    /// Reads `DATABASE_URL[_FILE]`.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        reader.secret(DATABASE_URL, |url| Self::parse(url.expose_secret().trim()))
    }

    /// Parses the URL. Errors never repeat it, since it may contain a password.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            if path.is_empty() || path.contains('\0') {
                return Err("must name a file: sqlite://path".into());
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            crate::postgres::settings(url)?;
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err("must begin with postgres:// or sqlite://".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_selects_the_backend() {
        assert!(matches!(DatabaseUrl::parse("postgres://u:p@h/d"), Ok(DatabaseUrl::Postgres(_))));
        assert!(matches!(DatabaseUrl::parse("sqlite:///tmp/x.db"), Ok(DatabaseUrl::Sqlite(_))));
        for bad in [
            "",
            "mysql://h/d",
            "sqlite://",
            "x.db",
            "postgres://h:port/d",
            "postgres://h/d?sslmode=maybe",
            "postgres://h/d?sslmode=disable&sslrootcert=/ca.pem",
        ] {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_are_hidden() {
        let url = DatabaseUrl::parse("postgres://u:hunter2@h/d").unwrap();
        assert!(!format!("{url:?}").contains("hunter2"));
        assert!(!DatabaseUrl::parse("postgres://u:hunter2@h:x/d").unwrap_err().contains("hunter2"));
    }
}
