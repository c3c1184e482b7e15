//! File formats of `drawbridge user import` and `export`.

use std::path::Path;

use anyhow::bail;
use clap::ValueEnum;

/// The format of a file with accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FileFormat {
    /// Comma-separated values with a header (RFC 4180)
    Csv,
    /// One JSON object per line
    #[value(name = "jsonl")]
    JsonLines,
}

impl FileFormat {
    /// The format indicated by the file's extension.
    pub(super) fn from_extension(file: &Path) -> anyhow::Result<Self> {
        let extension = file.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl" | "ndjson") => Ok(Self::JsonLines),
            _ => bail!("{} has no known extension: pass --format csv or --format jsonl", file.display()),
        }
    }
}

/// Returns true for `-`, which means standard input or output.
pub(super) fn is_standard_stream(file: &Path) -> bool {
    file.as_os_str() == "-"
}
