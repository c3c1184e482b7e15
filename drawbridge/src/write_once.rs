//! Files that are written once and never changed.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::random::Random;

/// Writes one line to a new file with this `mode`. Returns false if the file exists.
///
/// The line is written to a temporary file that is then linked to `path`. As a result, no process ever reads half a
/// line, and concurrent first starts agree on one file.
pub(crate) fn write_once(path: &Path, line: &str, mode: u32) -> io::Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let temporary = temporary_path(path);
    let written = write(&temporary, line, mode).and_then(|()| fs::hard_link(&temporary, path));
    let removed = fs::remove_file(&temporary);
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        written => written.and(removed).map(|()| true),
    }
}

/// An unused path in the folder of `path`.
pub(crate) fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(URL_SAFE_NO_PAD.encode(Random.bytes::<9>()));
    name.into()
}

fn write(path: &Path, line: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(mode).open(path)?;
    writeln!(file, "{line}")?;
    file.sync_all()
}
