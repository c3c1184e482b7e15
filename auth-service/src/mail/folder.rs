use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use drawbridge_core::id::MailJobId;
use serde::{Deserialize, Serialize};

use super::letter::Letter;

/// How many e-mails a folder keeps.
const MAX_STORED_MAILS: usize = 200;

/// An e-mail that was stored instead of sent.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredMail {
    pub(super) at: String,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
}

/// The folder of stored e-mails, one file for each, for a deployment without a mail server.
#[derive(Debug, Clone)]
pub(crate) struct MailFolder(PathBuf);

impl MailFolder {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Stores a letter, and deletes the oldest ones beyond [`MAX_STORED_MAILS`].
    pub(super) fn store(&self, id: MailJobId, letter: &Letter) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let mail = StoredMail {
            at: id.created_at().format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            to: letter.to.clone(),
            subject: letter.subject.clone(),
            text: letter.text(),
        };
        let path = self.0.join(format!("{id}.json"));
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
        file.write_all(&serde_json::to_vec(&mail)?)?;
        for surplus in self.files()?.iter().rev().skip(MAX_STORED_MAILS) {
            fs::remove_file(surplus)?;
        }
        Ok(())
    }

    /// Reads the stored e-mails, newest first. Unreadable files are skipped.
    pub(crate) fn read(&self) -> io::Result<Vec<StoredMail>> {
        let files = self.files()?;
        let mails = files.iter().rev().filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok());
        Ok(mails.collect())
    }

    /// The files, oldest first: their names begin with the time.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        Ok(files)
    }
}
