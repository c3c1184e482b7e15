//! Which database and which secret a command works on.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use drawbridge_core::{
    random::Random,
    secret::MasterSecret,
    settings::{Reader, environment, fixed},
};
use drawbridge_database::{Access, Connection, DatabaseUrl};

use crate::once::write_once;

/// A data folder of `drawbridge up`.
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// The folder at `path`, made with its secret if they are not there.
    pub(crate) fn make(path: &Path) -> anyhow::Result<Self> {
        let folder = Self(path.to_owned());
        let shown = path.display();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make the data folder {shown}"))?;
        folder.ensure_master_secret().with_context(|| format!("cannot write to the data folder {shown}"))?;
        Ok(folder)
    }

    /// The file of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("drawbridge.db")
    }

    /// The folder of mails that are kept instead of sent.
    pub(crate) fn mailbox(&self) -> PathBuf {
        self.0.join("mail")
    }

    /// The file of the master secret, readable by its owner alone.
    pub(crate) fn master_secret(&self) -> PathBuf {
        self.0.join("master-secret")
    }

    /// Takes the folder for this process, as long as the returned file lives.
    pub(crate) fn lock(&self) -> anyhow::Result<File> {
        let path = self.0.join("lock");
        let shown = self.0.display();
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
        let file = file.with_context(|| format!("cannot write to the data folder {shown}"))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => bail!("another drawbridge runs on the data folder {shown}"),
            Err(fs::TryLockError::Error(error)) => Err(error).context("cannot lock the data folder"),
        }
    }

    fn ensure_master_secret(&self) -> std::io::Result<()> {
        // Beside a database that is there another secret would be of no use.
        if !self.database().exists() {
            write_once(&self.master_secret(), &STANDARD.encode(Random.bytes::<32>()), 0o600)?;
        }
        Ok(())
    }
}

/// A deployment that a command works on.
pub(crate) struct Deployment {
    database_url: DatabaseUrl,
    master_secret: MasterSecret,
}

impl Deployment {
    /// Whether the environment names a deployment.
    pub(crate) fn is_named_by_environment() -> bool {
        let is_set = |name| environment(name).is_some_and(|value| !value.trim().is_empty());
        is_set("DATABASE_URL") || is_set("DATABASE_URL_FILE")
    }

    /// The deployment of `DATABASE_URL` and `MASTER_SECRET[_FILE]`.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let mut reader = Reader::new(&environment);
        let database_url = DatabaseUrl::read(&mut reader);
        let master_secret = reader.master_secret();
        let (database_url, master_secret) = reader.finish(database_url.zip(master_secret))?;
        Ok(Self { database_url, master_secret })
    }

    /// The database of `DATABASE_URL`, for what needs no secret.
    pub(crate) fn database_from_environment() -> anyhow::Result<DatabaseUrl> {
        let mut reader = Reader::new(&environment);
        let database_url = DatabaseUrl::read(&mut reader);
        Ok(reader.finish(database_url)?)
    }

    /// Its database.
    pub(crate) fn database_url(&self) -> &DatabaseUrl {
        &self.database_url
    }

    /// Refuses a SQLite file that is not there, which would be made by asking for it.
    pub(crate) fn must_exist(self) -> anyhow::Result<Self> {
        match &self.database_url {
            DatabaseUrl::Sqlite(path) if !path.exists() => {
                bail!("there is no database at {}", path.display())
            }
            _ => Ok(self),
        }
    }

    /// The deployment in a data folder, made if it is not there.
    pub(crate) fn make(folder: &Path) -> anyhow::Result<Self> {
        Self::open(&DataFolder::make(folder)?)
    }

    /// The deployment in a data folder that is there.
    pub(crate) fn find(folder: &Path) -> anyhow::Result<Self> {
        let (shown, folder) = (folder.display(), DataFolder(folder.to_owned()));
        if !folder.database().exists() {
            bail!(
                "there is no database in {shown}: start `drawbridge up` once, name its folder with --data, \
                 or set DATABASE_URL and MASTER_SECRET"
            );
        }
        Self::open(&folder)
    }

    fn open(folder: &DataFolder) -> anyhow::Result<Self> {
        let file = folder.master_secret().display().to_string();
        let lookup = fixed([("MASTER_SECRET_FILE", file)]);
        let mut reader = Reader::new(&lookup);
        let master_secret = reader.master_secret();
        let master_secret = reader.finish(master_secret)?;
        Ok(Self { database_url: DatabaseUrl::Sqlite(folder.database()), master_secret })
    }

    /// The deployment's secret.
    pub(crate) fn master_secret(&self) -> &MasterSecret {
        &self.master_secret
    }

    /// Runs `work` on the deployment's database.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let done = query(self.database_url.clone(), work).await;
        done.map_err(|error| {
            let text = format!("{error:#}");
            // As PostgreSQL and SQLite say it.
            let has_no_schema = text.contains("no such table") || text.contains("relation \"");
            if has_no_schema {
                anyhow!("the database has no schema yet: run `drawbridge migrate`")
            } else {
                error
            }
        })
    }
}

/// Runs `work` on a database.
pub(crate) async fn query<T: Send + 'static>(
    url: DatabaseUrl,
    work: impl FnOnce(&mut Connection) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(move || work(&mut Connection::open(&url, Access::Own)?)).await?
}
