//! The two forms in which accounts come and go.

use std::path::Path;

use anyhow::bail;
use clap::ValueEnum;

/// How accounts stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated values, the first line naming the columns (RFC 4180)
    Csv,
    /// A JSON object in each line
    #[value(name = "jsonl")]
    JsonLines,
}

impl Format {
    /// What the name of the file says.
    pub(super) fn of(file: &Path) -> anyhow::Result<Self> {
        let extension = file.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl" | "ndjson") => Ok(Self::JsonLines),
            _ => {
                bail!("{} ends neither with .csv nor with .jsonl: say --format csv or jsonl", file.display())
            }
        }
    }
}

/// Whether the name stands for standard input or output.
pub(super) fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}
