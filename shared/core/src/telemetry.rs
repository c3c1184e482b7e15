//! Logs on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::settings::{Reader, Setting};

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, for machines.
    Json,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// A tracing filter such as `info` or `info,drawbridge_verification=debug`.
    pub filter: String,
    /// Text for people or JSON for machines.
    pub format: LogFormat,
}

const LOG: Setting = Setting::new("LOG", "What is logged to standard error.")
    .values("tracing filter, such as `info` or `info,drawbridge_verification=debug`")
    .default("info");
const LOG_FORMAT: Setting = Setting::new("LOG_FORMAT", "Log lines for people, or one JSON object per line.")
    .values("`text` or `json`")
    .default("text");

impl LogConfig {
    /// Reads `LOG` and `LOG_FORMAT`.
    pub fn read(reader: &mut Reader) -> Self {
        let filter = reader.optional(LOG, |text| Ok(text.to_owned())).unwrap_or_else(|| Self::filter("info"));
        if let Err(error) = EnvFilter::try_new(&filter) {
            reader.invalid("LOG", format_args!("is not a log filter such as \"info\" ({error})"));
        }
        let parse_format = |text: &str| match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(format!("must be text or json, not \"{text}\"")),
        };
        Self { filter, format: reader.optional(LOG_FORMAT, parse_format).unwrap_or(LogFormat::Text) }
    }

    /// The filter for a level, without the messages with which any client could flood the log.
    pub fn filter(level: &str) -> String {
        format!("{level},actix_server=warn,actix_http::h1=off")
    }
}

/// Starts logging. Call it once, in `main`.
pub fn start(config: &LogConfig) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // An error means that logging has already been started, which is fine.
    let _ = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
