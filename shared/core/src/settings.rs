//! Settings from the environment.
//!
//! A [`Reader`] collects every invalid setting, so that start-up reports them all at once, each with the name
//! of its variable. It also records every setting that it reads: `docs/configuration.md` is generated from
//! that record, so a setting cannot be read without being documented.

mod common;
mod setting;

use std::{collections::HashMap, fmt, str::FromStr, sync::Arc, time::Duration};

use secrecy::SecretString;

pub use common::{INTERNAL_PORT_OFFSET, Listen, Timeouts};
pub use setting::{Setting, SettingReference};

/// Looks up a variable by its name. Tests replace the environment with [`fixed`].
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The process's environment.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Every error in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(Vec<String>);

impl ConfigErrors {
    /// The errors of several configurations, without duplicates.
    pub fn merge(errors: impl IntoIterator<Item = Self>) -> Self {
        let mut merged = Vec::new();
        for error in errors.into_iter().flat_map(|errors| errors.0) {
            if !merged.contains(&error) {
                merged.push(error);
            }
        }
        Self(merged)
    }
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("the configuration has 1 error")?,
            errors => write!(f, "the configuration has {errors} errors")?,
        }
        self.0.iter().try_for_each(|error| write!(f, "\n  {error}"))
    }
}

/// Reads settings and collects their errors.
///
/// An invalid setting yields `None` or its default, and [`Reader::finish`] then fails. An empty variable counts
/// as unset.
pub struct Reader<'a> {
    environment: Environment<'a>,
    errors: Vec<String>,
    reference: Vec<SettingReference>,
}

impl<'a> Reader<'a> {
    /// A reader over `environment`.
    pub fn new(environment: Environment<'a>) -> Self {
        Self { environment, errors: Vec::new(), reference: Vec::new() }
    }

    /// How many errors have been found so far.
    pub fn error_count(&self) -> usize {
        self.errors.len()
    }

    /// Records an error that already names its setting.
    pub fn error(&mut self, error: impl fmt::Display) {
        self.errors.push(error.to_string());
    }

    /// Records that the setting `name` is invalid; `reason` continues the sentence after the name.
    pub fn invalid(&mut self, name: &str, reason: impl fmt::Display) {
        self.errors.push(format!("{name} {reason}"));
    }

    /// Every setting read so far, in the order in which they were read.
    pub fn into_reference(self) -> Vec<SettingReference> {
        self.reference
    }

    fn text(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|value| !value.trim().is_empty())
    }

    fn parse<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text(name)?;
        parse(text.trim()).map_err(|reason| self.invalid(name, reason)).ok()
    }

    /// Reads a setting that may be unset.
    pub fn optional<T>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.reference.push(setting.reference());
        self.parse(setting.name, parse)
    }

    /// Reads a setting that must be set.
    pub fn required<T>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.reference.push(SettingReference { default: "required".into(), ..setting.reference() });
        if self.text(setting.name).is_none() {
            self.invalid(setting.name, "is required but not set");
            return None;
        }
        self.parse(setting.name, parse)
    }

    /// Reads a number within `bounds`, or `default` if it is unset.
    pub fn within<T>(&mut self, setting: Setting, default: T, bounds: std::ops::RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + fmt::Display + Copy,
    {
        let values = format!("{} to {}", bounds.start(), bounds.end());
        self.reference.push(setting.reference().of(values, default.to_string()));
        let parse = |text: &str| match text.parse::<T>() {
            Ok(value) if bounds.contains(&value) => Ok(value),
            _ => Err(format!("must be a number from {} to {}, not \"{text}\"", bounds.start(), bounds.end())),
        };
        self.parse(setting.name, parse).unwrap_or(default)
    }

    /// Reads a duration such as `90s`, `15m` or `7d` within `bounds`, or `default` if it is unset.
    pub fn duration(
        &mut self,
        setting: Setting,
        default: Duration,
        bounds: std::ops::RangeInclusive<Duration>,
    ) -> Duration {
        let (shortest, longest) = (duration_text(*bounds.start()), duration_text(*bounds.end()));
        let values = format!("duration, {shortest} to {longest}");
        self.reference.push(setting.reference().of(values, duration_text(default)));
        let parse = |text: &str| match humantime::parse_duration(text) {
            Ok(value) if bounds.contains(&value) => Ok(value),
            _ => Err(format!(
                "must be a duration from {shortest} to {longest} such as \"15m\" or \"7d\", not \"{text}\""
            )),
        };
        self.parse(setting.name, parse).unwrap_or(default)
    }

    /// Reads `true` or `false`, or `default` if it is unset.
    pub fn flag(&mut self, setting: Setting, default: bool) -> bool {
        self.reference.push(setting.reference().of("true or false".into(), default.to_string()));
        let parse = |text: &str| match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(format!("must be true or false, not \"{text}\"")),
        };
        self.parse(setting.name, parse).unwrap_or(default)
    }

    /// Reads a required secret from `NAME`, or from the file named by `NAME_FILE`. Setting both is an error.
    pub fn secret<T>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(SecretString) -> Result<T, String>,
    ) -> Option<T> {
        self.reference
            .push(SettingReference { default: "required".into(), ..setting.reference().with_file() });
        let name = setting.name;
        if self.text(name).is_none() && self.text(&format!("{name}_FILE")).is_none() {
            self.invalid(name, format_args!("(or {name}_FILE) is required but not set"));
        }
        self.parse_secret(name, parse)
    }

    /// Reads a secret that may be unset, like [`Reader::secret`].
    pub fn optional_secret<T>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(SecretString) -> Result<T, String>,
    ) -> Option<T> {
        self.reference.push(setting.reference().with_file());
        self.parse_secret(setting.name, parse)
    }

    fn parse_secret<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(SecretString) -> Result<T, String>,
    ) -> Option<T> {
        let file_name = format!("{name}_FILE");
        let secret = match (self.text(name), self.text(&file_name)) {
            (Some(_), Some(_)) => {
                self.invalid(name, format_args!("and {file_name} are both set; keep one"));
                return None;
            }
            (None, None) => return None,
            (Some(value), None) => SecretString::from(value),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(content) => SecretString::from(content.trim_end_matches(['\r', '\n'])),
                Err(error) => {
                    self.invalid(&file_name, format_args!("names {path}, which cannot be read: {error}"));
                    return None;
                }
            },
        };
        parse(secret).map_err(|reason| self.invalid(name, reason)).ok()
    }

    /// Returns the settings if every one of them is valid.
    ///
    /// # Errors
    /// All invalid settings.
    pub fn finish<T>(self, settings: Option<T>) -> Result<T, ConfigErrors> {
        match settings {
            Some(settings) if self.errors.is_empty() => Ok(settings),
            _ => Err(ConfigErrors(self.errors)),
        }
    }
}

/// A duration in whole days where possible, otherwise in the usual units.
fn duration_text(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds >= 86_400 && seconds % 86_400 == 0 => format!("{}d", seconds / 86_400),
        _ => humantime::format_duration(duration).to_string(),
    }
}

/// An environment with fixed variables, for tests and for programs that configure a service themselves.
pub fn fixed<K: Into<String>, V: Into<String>>(
    settings: impl IntoIterator<Item = (K, V)>,
) -> impl Fn(&str) -> Option<String> {
    let settings: Arc<HashMap<String, String>> =
        Arc::new(settings.into_iter().map(|(name, value)| (name.into(), value.into())).collect());
    move |name| settings.get(name).cloned()
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
