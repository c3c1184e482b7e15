//! Users on whose behalf requests are sent.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::{
    error::{MeasurementError, Result},
    population::Population,
};

/// A user on whose behalf requests are sent.
#[derive(Debug, Clone)]
pub(crate) struct SimulatedUser {
    /// Number of the user in the [`Population`].
    pub(crate) number: u32,
    /// Session token, or `-` if the requests carry none.
    pub(crate) token: String,
}

impl SimulatedUser {
    /// Returns the eight hexadecimal digits that identify the user in IDs and e-mail addresses.
    pub(crate) fn hex(&self) -> String {
        Population::hex(self.number)
    }
}

/// A file of users from which the load generator takes the senders of its requests.
#[derive(Debug, Clone)]
pub(crate) struct SimulatedUsers {
    pub(crate) file: PathBuf,
    /// Number of users in the file.
    pub(crate) count: usize,
    /// The user in the middle of the file.
    pub(crate) example: SimulatedUser,
}

impl SimulatedUsers {
    /// Writes the file `name` into `folder`: one user per line, hexadecimal digits and token.
    pub(crate) fn write(folder: &Path, name: &str, users: &[SimulatedUser]) -> Result<Self> {
        let file = folder.join(name);
        let mut writer = BufWriter::new(File::create(&file)?);
        for user in users {
            writeln!(writer, "{} {}", user.hex(), user.token)?;
        }
        writer.flush()?;
        let example = users.get(users.len() / 2).cloned();
        let example = example.ok_or_else(|| MeasurementError::not_measured("a file of users is empty"))?;
        Ok(Self { file, count: users.len(), example })
    }
}
