//! The deployment that a command works on.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use clap::Args;
use drawbridge_core::{
    secret::MasterSecret,
    settings::{Reader, environment, fixed},
    tls::read_additional_authorities,
};
use drawbridge_database::{Access, Connection, DatabaseUrl};

use crate::data_folder::{DEFAULT_DATA_FOLDER, DataFolder};

/// Selects the deployment.
#[derive(Args)]
pub(crate) struct DataArgs {
    /// Data folder of `drawbridge up` [default: drawbridge-data, unless `DATABASE_URL` is set]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl DataArgs {
    /// The deployment, which must exist: the one in `--data`, or else the one named by the environment, or else the one
    /// in the default data folder.
    pub(crate) fn deployment(self) -> anyhow::Result<TargetDeployment> {
        match self.data {
            None if is_named_by_environment() => TargetDeployment::from_environment(),
            data => TargetDeployment::in_folder(&folder(data)),
        }
    }

    /// The database of the deployment. The data folder is created if it does not exist. This needs no master secret.
    pub(crate) fn database_url(self) -> anyhow::Result<DatabaseUrl> {
        match self.data {
            None if is_named_by_environment() => {
                let mut reader = Reader::new(&environment);
                read_additional_authorities(&mut reader);
                let database_url = DatabaseUrl::read(&mut reader);
                Ok(reader.finish(database_url)?)
            }
            data => Ok(DatabaseUrl::Sqlite(DataFolder::ensure(&folder(data))?.database())),
        }
    }
}

fn folder(data: Option<PathBuf>) -> PathBuf {
    data.unwrap_or_else(|| PathBuf::from(DEFAULT_DATA_FOLDER))
}

fn is_named_by_environment() -> bool {
    non_empty_variable("DATABASE_URL").or_else(|| non_empty_variable("DATABASE_URL_FILE")).is_some()
}

/// The value of an environment variable that is set and not empty.
pub(crate) fn non_empty_variable(name: &str) -> Option<String> {
    environment(name).filter(|value| !value.trim().is_empty())
}

/// An existing deployment.
pub(crate) struct TargetDeployment {
    database_url: DatabaseUrl,
    master_secret: MasterSecret,
}

impl TargetDeployment {
    /// The deployment named by `DATABASE_URL` and `MASTER_SECRET`.
    fn from_environment() -> anyhow::Result<Self> {
        let mut reader = Reader::new(&environment);
        read_additional_authorities(&mut reader);
        let database_url = DatabaseUrl::read(&mut reader);
        let master_secret = reader.master_secret();
        let (database_url, master_secret) = reader.finish(database_url.zip(master_secret))?;
        // Opening a SQLite file that does not exist would create it.
        match &database_url {
            DatabaseUrl::Sqlite(path) if !path.exists() => bail!("no database exists at {}", path.display()),
            _ => Ok(Self { database_url, master_secret }),
        }
    }

    /// The deployment in a data folder.
    pub(crate) fn in_folder(path: &Path) -> anyhow::Result<Self> {
        let folder = DataFolder::at(path);
        if !folder.database().exists() {
            bail!(
                "no database exists in {}: start `drawbridge up` once, name its folder with --data, or set DATABASE_URL \
                 and MASTER_SECRET",
                path.display()
            );
        }
        let secret_file = folder.master_secret().display().to_string();
        let settings = fixed([("MASTER_SECRET_FILE", secret_file)]);
        let mut reader = Reader::new(&settings);
        let master_secret = reader.master_secret();
        let master_secret = reader.finish(master_secret)?;
        Ok(Self { database_url: DatabaseUrl::Sqlite(folder.database()), master_secret })
    }

    pub(crate) fn master_secret(&self) -> &MasterSecret {
        &self.master_secret
    }

    /// Runs `query` on the deployment's database.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        run_query(self.database_url.clone(), query).await.map_err(|error| {
            let text = format!("{error:#}");
            // The messages of SQLite and PostgreSQL.
            let has_no_schema = text.contains("no such table") || text.contains("relation \"");
            if has_no_schema {
                anyhow!("the database has no schema yet: run `drawbridge migrate`")
            } else {
                error
            }
        })
    }
}

/// Runs `query` on a database, on a thread that may block.
pub(crate) async fn run_query<T: Send + 'static>(
    url: DatabaseUrl,
    query: impl FnOnce(&mut Connection) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(move || query(&mut Connection::open(&url, Access::Own)?)).await?
}
