use std::io::{self, Write};

use auth_service::storage::ExportedAccount;
use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use crate::user::format::FileFormat;

/// The columns, with names that `user import` recognizes.
const EXPORT_COLUMNS: [&str; 6] = ["id", "email", "email_verified", "disabled", "created_at", "roles"];
const HASH_COLUMN: &str = "password_hash";

/// Writes accounts in one of the file formats.
pub(super) struct AccountWriter<W: Write> {
    output: EncodedOutput<W>,
    with_hashes: bool,
}

enum EncodedOutput<W: Write> {
    Csv(Box<csv::Writer<W>>),
    JsonLines(W),
}

impl<W: Write> AccountWriter<W> {
    /// Creates a writer to `output`, and writes the header if the format has one.
    pub(super) fn new(output: W, format: FileFormat, with_hashes: bool) -> anyhow::Result<Self> {
        let output = match format {
            FileFormat::JsonLines => EncodedOutput::JsonLines(output),
            FileFormat::Csv => {
                let mut output = csv::Writer::from_writer(output);
                output.write_record(EXPORT_COLUMNS.into_iter().chain(with_hashes.then_some(HASH_COLUMN)))?;
                EncodedOutput::Csv(Box::new(output))
            }
        };
        Ok(Self { output, with_hashes })
    }

    pub(super) fn write(&mut self, account: &ExportedAccount) -> io::Result<()> {
        match &mut self.output {
            EncodedOutput::Csv(output) => write_csv(output, account, self.with_hashes),
            EncodedOutput::JsonLines(output) => write_json(output, account, self.with_hashes),
        }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.output {
            EncodedOutput::Csv(output) => output.flush(),
            EncodedOutput::JsonLines(output) => output.flush(),
        }
    }
}

fn write_csv<W: Write>(
    output: &mut csv::Writer<W>,
    account: &ExportedAccount,
    with_hashes: bool,
) -> io::Result<()> {
    let id = account.id.to_string();
    let verified = account.email_verified.to_string();
    let disabled = account.disabled.to_string();
    let created_at = created_at(account);
    let roles = account.roles.join(",");
    let fields = [id.as_str(), account.email.as_str(), &verified, &disabled, &created_at, &roles];
    let hash = with_hashes.then(|| account.hash.as_deref().unwrap_or_default());
    output.write_record(fields.into_iter().chain(hash)).map_err(into_io_error)
}

fn write_json<W: Write>(output: &mut W, account: &ExportedAccount, with_hashes: bool) -> io::Result<()> {
    let values = [
        json!(account.id.to_string()),
        json!(account.email),
        json!(account.email_verified),
        json!(account.disabled),
        json!(created_at(account)),
        json!(account.roles),
    ];
    let fields = EXPORT_COLUMNS.into_iter().zip(values);
    let hash = with_hashes.then(|| (HASH_COLUMN, json!(account.hash)));
    let object: Map<String, Value> =
        fields.chain(hash).map(|(name, value)| (name.to_owned(), value)).collect();
    serde_json::to_writer(&mut *output, &object)?;
    output.write_all(b"\n")
}

fn created_at(account: &ExportedAccount) -> String {
    account.created_at.and_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Unlike the conversion that `csv` provides, this keeps the kind of the error, such as a closed pipe.
fn into_io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
