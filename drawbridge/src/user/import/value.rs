//! What stands in a field: how databases and programs write yes and no, times, and lists.

use auth_service::domain::Role;
use chrono::{DateTime, NaiveDate, NaiveDateTime, SubsecRound, Utc};
use serde_json::Value as Json;

/// A field that is not empty.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    Number(i64),
    List(Vec<String>),
    /// Something that no field can be.
    Other,
}

/// Above this a number counts milliseconds since 1970, below it seconds: the year 5138, and 1973.
const SECONDS_END: i64 = 100_000_000_000;

impl Value {
    /// A field of CSV. Nothing, and what databases write for NULL, is `None`.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        (!matches!(text, "" | "NULL" | "\\N")).then(|| Self::Text(text.to_owned()))
    }

    /// A value of JSON, and the way in which `mongoexport` writes times.
    pub(super) fn of_json(json: &Json) -> Option<Self> {
        Some(match json {
            Json::Null => return None,
            Json::String(text) if text.is_empty() => return None,
            Json::String(text) => Self::Text(text.clone()),
            Json::Bool(flag) => Self::Flag(*flag),
            Json::Number(number) => number.as_i64().map_or(Self::Other, Self::Number),
            Json::Array(items) => {
                let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
                texts.collect::<Option<_>>().map_or(Self::Other, Self::List)
            }
            Json::Object(object) => {
                return object
                    .get("$date")
                    .or_else(|| object.get("$numberLong"))
                    .map_or(Some(Self::Other), Self::of_json);
            }
        })
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Yes or no; a time is the time since when it is so.
    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Number(0) => Some(false),
            Self::Number(1) => Some(true),
            Self::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "t" | "true" | "yes" | "y" | "on" | "1" => Some(true),
                "f" | "false" | "no" | "n" | "off" | "0" => Some(false),
                _ => self.instant().map(|_| true),
            },
            _ => self.instant().map(|_| true),
        }
    }

    /// A time as databases and JSON write it, to the microsecond. Without an offset it is UTC.
    pub(super) fn instant(&self) -> Option<DateTime<Utc>> {
        let instant = match self {
            Self::Number(number) => of_unix(*number),
            Self::Text(text) => match text.trim().parse() {
                Ok(number) => of_unix(number),
                Err(_) => of_date(text.trim()),
            },
            _ => None,
        };
        instant.map(|instant| instant.trunc_subsecs(6))
    }

    /// Roles: separated by commas, or as an array of PostgreSQL or JSON. Each comes once.
    pub(super) fn roles(&self) -> Option<Vec<Role>> {
        let names = match self {
            Self::List(names) => names.clone(),
            Self::Text(text) => names_in(text.trim())?,
            _ => return None,
        };
        let roles = names.iter().map(|name| Role::parse(name));
        let mut roles: Vec<_> = roles.collect::<Result<_, _>>().ok()?;
        roles.sort_unstable();
        roles.dedup();
        Some(roles)
    }
}

fn of_unix(number: i64) -> Option<DateTime<Utc>> {
    if number < SECONDS_END {
        DateTime::from_timestamp(number, 0)
    } else {
        DateTime::from_timestamp_millis(number)
    }
}

fn of_date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.replacen('T', " ", 1);
    if let Ok(instant) = DateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f%#z") {
        return Some(instant.to_utc());
    }
    let local = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f");
    let local = local.or_else(|_| NaiveDate::parse_from_str(&text, "%Y-%m-%d").map(NaiveDateTime::from));
    Some(local.ok()?.and_utc())
}

fn names_in(text: &str) -> Option<Vec<String>> {
    if text.starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    let array = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let names = array.unwrap_or(text).split(',').map(str::trim).filter(|name| !name.is_empty());
    if array.is_none() {
        return Some(names.map(str::to_owned).collect());
    }
    // PostgreSQL quotes a name with a space in it. One with a comma is none of ours, and falls apart here.
    let unquoted = |name: &str| {
        let inner = name.strip_prefix('"').map_or(Some(name), |rest| rest.strip_suffix('"'))?;
        (!inner.contains(['"', '\\'])).then(|| inner.to_owned())
    };
    names.filter(|name| *name != "NULL").map(unquoted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn of_json(json: Json) -> Value {
        Value::of_json(&json).unwrap()
    }

    #[test]
    fn nothing_is_nothing_however_it_is_written() {
        for nothing in ["", "NULL", "\\N"] {
            assert_eq!(Value::of_text(nothing), None);
        }
        assert_eq!(Value::of_json(&json!(null)), None);
        assert_eq!(Value::of_json(&json!("")), None);
        assert_eq!(Value::of_json(&json!({"$date": null})), None);
    }

    #[test]
    fn yes_and_no_as_databases_write_them() {
        for yes in ["t", "TRUE", "1", "yes", "2024-05-01 12:34:56.789", "1714566896"] {
            assert_eq!(text(yes).flag(), Some(true), "{yes}");
        }
        for no in ["f", "False", "0", "no"] {
            assert_eq!(text(no).flag(), Some(false), "{no}");
        }
        assert_eq!(of_json(json!(false)).flag(), Some(false));
        assert_eq!(of_json(json!(1)).flag(), Some(true));
        assert_eq!(text("perhaps").flag(), None);
        assert_eq!(of_json(json!(["t"])).flag(), None);
    }

    #[test]
    fn times_as_databases_write_them() {
        for (written, meant) in [
            (text("2024-05-01 12:34:56"), "2024-05-01T12:34:56Z"),
            (text("2024-05-01 12:34:56.789"), "2024-05-01T12:34:56.789Z"),
            (text("2024-05-01 12:34:56.123456789"), "2024-05-01T12:34:56.123456Z"),
            (text("2024-05-01 12:34:56.789+00"), "2024-05-01T12:34:56.789Z"),
            (text("2024-05-01 12:34:56+05:30"), "2024-05-01T07:04:56Z"),
            (text("2024-05-01T12:34:56.789Z"), "2024-05-01T12:34:56.789Z"),
            (text("2024-05-01"), "2024-05-01T00:00:00Z"),
            (text("1714566896"), "2024-05-01T12:34:56Z"),
            (text("1714566896789"), "2024-05-01T12:34:56.789Z"),
            (of_json(json!(1_714_566_896_789_i64)), "2024-05-01T12:34:56.789Z"),
            (of_json(json!({"$date": "2024-05-01T12:34:56.789Z"})), "2024-05-01T12:34:56.789Z"),
            (of_json(json!({"$date": {"$numberLong": "1714566896789"}})), "2024-05-01T12:34:56.789Z"),
        ] {
            assert_eq!(written.instant(), Some(meant.parse().unwrap()), "{written:?}");
        }
        for none in ["infinity", "2024-13-01", "yesterday", "2024-05-01 25:00:00", "99999999999999999"] {
            assert_eq!(text(none).instant(), None, "{none}");
        }
    }

    #[test]
    fn roles_as_lists_and_arrays() {
        let roles = |value: &Value| {
            let roles = value.roles()?;
            Some(roles.iter().map(Role::as_str).collect::<Vec<_>>().join("|"))
        };
        for (written, meant) in [
            (text("ADMIN"), "ADMIN"),
            (text("b, a,b,"), "a|b"),
            (text("{admin,\"content editor\",NULL}"), "admin|content editor"),
            (text("{}"), ""),
            (text("[\"b\", \"a\"]"), "a|b"),
            (of_json(json!(["b", "a"])), "a|b"),
        ] {
            assert_eq!(roles(&written).as_deref(), Some(meant), "{written:?}");
        }
        for bad in [text("{\"a,b\"}"), text("a\u{1f}b"), of_json(json!(["a,b"])), of_json(json!([1]))] {
            assert_eq!(roles(&bad), None, "{bad:?}");
        }
    }
}
