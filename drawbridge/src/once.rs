//! Files that are made once and then stay.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::random::Random;

/// Writes a line to a file of this `mode` unless the file is there; whether it was written.
///
/// It is written under another name and then linked, so that nobody ever reads half of it and two first starts
/// agree on one.
pub(crate) fn write_once(path: &Path, line: &str, mode: u32) -> io::Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let draft = draft(path);
    let written = write(&draft, line, mode).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        written => written.and(removed).map(|()| true),
    }
}

/// A name beside the file's that nobody else takes.
pub(crate) fn draft(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(URL_SAFE_NO_PAD.encode(Random.bytes::<9>()));
    name.into()
}

fn write(draft: &Path, line: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(mode).open(draft)?;
    writeln!(file, "{line}")?;
    file.sync_all()
}
