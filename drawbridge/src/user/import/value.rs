//! Field values. Databases and programs write flags, times and lists in different ways.

use auth_service::domain::Role;
use chrono::{DateTime, NaiveDate, NaiveDateTime, SubsecRound, Utc};
use serde_json::Value;

/// The value of a field that is not empty.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FieldValue {
    Text(String),
    Flag(bool),
    Number(i64),
    List(Vec<String>),
    /// A value that is invalid in every field.
    Other,
}

/// A value as yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    Yes,
    No,
    /// The value is neither.
    Invalid,
}

/// The first Unix time that is taken as milliseconds. In seconds, it is in the year 5138; in milliseconds, in 1973.
const FIRST_UNIX_MILLISECONDS: i64 = 100_000_000_000;

impl FieldValue {
    /// The value of a CSV field. Empty fields and the `NULL` of databases are `None`.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        (!matches!(text, "" | "NULL" | "\\N")).then(|| Self::Text(text.to_owned()))
    }

    /// The value of a JSON member, including the notation of `mongoexport` for times.
    pub(super) fn from_json(json: &Value) -> Option<Self> {
        Some(match json {
            Value::Null => return None,
            Value::String(text) if text.is_empty() => return None,
            Value::String(text) => Self::Text(text.clone()),
            Value::Bool(flag) => Self::Flag(*flag),
            Value::Number(number) => number.as_i64().map_or(Self::Other, Self::Number),
            Value::Array(items) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().map_or(Self::Other, Self::List)
            }
            Value::Object(object) => {
                return object
                    .get("$date")
                    .or_else(|| object.get("$numberLong"))
                    .map_or(Some(Self::Other), Self::from_json);
            }
        })
    }

    /// The text, if the value is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Yes or no. A time, such as the time of verification, means yes.
    pub(super) fn flag(&self) -> Flag {
        match self {
            Self::Flag(true) | Self::Number(1) => Flag::Yes,
            Self::Flag(false) | Self::Number(0) => Flag::No,
            Self::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "t" | "true" | "yes" | "y" | "on" | "1" => Flag::Yes,
                "f" | "false" | "no" | "n" | "off" | "0" => Flag::No,
                _ => self.flag_of_instant(),
            },
            _ => self.flag_of_instant(),
        }
    }

    fn flag_of_instant(&self) -> Flag {
        if self.instant().is_some() { Flag::Yes } else { Flag::Invalid }
    }

    /// A time with microseconds. Without an offset, it is in UTC.
    pub(super) fn instant(&self) -> Option<DateTime<Utc>> {
        let instant = match self {
            Self::Number(number) => parse_unix_time(*number),
            Self::Text(text) => match text.trim().parse() {
                Ok(number) => parse_unix_time(number),
                Err(_) => parse_date(text.trim()),
            },
            _ => None,
        };
        instant.map(|instant| instant.trunc_subsecs(6))
    }

    /// Distinct roles: separated by commas, or a PostgreSQL or JSON array.
    pub(super) fn roles(&self) -> Option<Vec<Role>> {
        let names = match self {
            Self::List(names) => names.clone(),
            Self::Text(text) => parse_names(text.trim())?,
            _ => return None,
        };
        let roles = names.iter().map(|name| Role::parse(name));
        let mut roles: Vec<_> = roles.collect::<Result<_, _>>().ok()?;
        roles.sort_unstable();
        roles.dedup();
        Some(roles)
    }
}

fn parse_unix_time(number: i64) -> Option<DateTime<Utc>> {
    if number < FIRST_UNIX_MILLISECONDS {
        DateTime::from_timestamp(number, 0)
    } else {
        DateTime::from_timestamp_millis(number)
    }
}

fn parse_date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.replacen('T', " ", 1);
    if let Ok(instant) = DateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f%#z") {
        return Some(instant.to_utc());
    }
    let local = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f");
    let local = local.or_else(|_| NaiveDate::parse_from_str(&text, "%Y-%m-%d").map(NaiveDateTime::from));
    Some(local.ok()?.and_utc())
}

fn parse_names(text: &str) -> Option<Vec<String>> {
    if text.starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    let array = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let names = array.unwrap_or(text).split(',').map(str::trim).filter(|name| !name.is_empty());
    if array.is_none() {
        return Some(names.map(str::to_owned).collect());
    }
    // PostgreSQL quotes a name that contains a space. A quoted name with a comma is split here and then rejected, as
    // it must be: role names contain no commas.
    let unquote = |name: &str| {
        let inner = name.strip_prefix('"').map_or(Some(name), |rest| rest.strip_suffix('"'))?;
        (!inner.contains(['"', '\\'])).then(|| inner.to_owned())
    };
    names.filter(|name| *name != "NULL").map(unquote).collect()
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
