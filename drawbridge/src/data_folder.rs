use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use drawbridge_core::random::Random;

use crate::{web_frontend_key::new_web_frontend_key, write_once::write_once};

/// The data folder to use without `--data`.
pub(crate) const DEFAULT_DATA_FOLDER: &str = "drawbridge-data";

/// A data folder of `drawbridge up`.
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// The folder at `path`, which may not exist.
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The folder at `path`. The folder and its secrets are created if they do not exist.
    pub(crate) fn ensure(path: &Path) -> anyhow::Result<Self> {
        let folder = Self::at(path);
        let shown = path.display();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot create data folder {shown}"))?;
        folder.ensure_secrets().with_context(|| format!("cannot write to data folder {shown}"))?;
        Ok(folder)
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("drawbridge.db")
    }

    /// The folder for e-mails that are stored instead of sent.
    pub(crate) fn mailbox(&self) -> PathBuf {
        self.0.join("mail")
    }

    /// The file with the master secret, which only its owner can read.
    pub(crate) fn master_secret(&self) -> PathBuf {
        self.0.join("master-secret")
    }

    /// The file with the key of web-frontend, which only its owner can read.
    pub(crate) fn web_frontend_key(&self) -> PathBuf {
        self.0.join("web-frontend-key")
    }

    /// Reserves the folder for this process until the returned file is dropped.
    pub(crate) fn lock(&self) -> anyhow::Result<File> {
        let path = self.0.join("lock");
        let shown = self.0.display();
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
        let file = file.with_context(|| format!("cannot write to data folder {shown}"))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => {
                bail!("another drawbridge process is using data folder {shown}")
            }
            Err(fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock data folder {shown}"))
            }
        }
    }

    fn ensure_secrets(&self) -> io::Result<()> {
        write_once(&self.web_frontend_key(), &new_web_frontend_key(), 0o600)?;
        // The signing keys in an existing database are sealed with the lost secret. A new one could not open them.
        if !self.database().exists() {
            write_once(&self.master_secret(), &STANDARD.encode(Random.bytes::<32>()), 0o600)?;
        }
        Ok(())
    }
}
