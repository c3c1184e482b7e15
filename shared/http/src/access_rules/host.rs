//! The host of a rule and of a request.

use std::fmt;

/// The host of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostPattern {
    /// `app.example.com`.
    Named(String),
    /// `*.example.com`: every host below, but not `example.com` itself. Stored as `.example.com`.
    Below(String),
}

/// The host of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestHost<'a> {
    /// The name without port and final dot.
    Named(&'a str),
    /// None, or text that two programs may read differently. Every guard applies, and no public exception.
    Unclear,
}

impl HostPattern {
    /// Parses a host. The error is a clause about the host.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix("*.").unwrap_or(text);
        let is_name = |label: &str| !label.is_empty() && label.bytes().all(is_host_byte);
        let is_host = name == "localhost" || name.contains('.');
        if !is_host || !name.split('.').all(is_name) {
            return Err(format!(
                "\"{text}\" is not a host such as app.example.com or *.example.com, without scheme and port (a path \
                 begins with /; an international name is written in its xn-- form)"
            ));
        }
        let name = name.to_ascii_lowercase();
        Ok(if text.starts_with("*.") { Self::Below(format!(".{name}")) } else { Self::Named(name) })
    }

    pub(super) fn matches(&self, host: &str) -> bool {
        match self {
            Self::Named(name) => host.eq_ignore_ascii_case(name),
            Self::Below(suffix) => {
                let parts =
                    host.len().checked_sub(suffix.len()).and_then(|length| host.split_at_checked(length));
                parts.is_some_and(|(label, end)| !label.is_empty() && end.eq_ignore_ascii_case(suffix))
            }
        }
    }

    /// Whether every host of `other` is one of this pattern.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Named(name)) => self.matches(name),
            (Self::Below(suffix), Self::Below(other)) => other.ends_with(suffix.as_str()),
            (Self::Named(_), Self::Below(_)) => false,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Below(suffix) => write!(f, "*{suffix}"),
        }
    }
}

impl<'a> RequestHost<'a> {
    /// Reads the value of `Host`.
    pub(super) fn of(value: Option<&'a str>) -> Self {
        let Some(value) = value else { return Self::Unclear };
        let (name, port) = match value.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port),
            _ => (value, ""),
        };
        let bare = name.strip_suffix('.').unwrap_or(name);
        let inner = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let is_address = inner
            .is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte)));
        let is_name = !bare.is_empty() && bare.bytes().all(|byte| is_host_byte(byte) || byte == b'.');
        let has_port = port.bytes().all(|byte| byte.is_ascii_digit());
        if (is_name || is_address) && has_port { Self::Named(bare) } else { Self::Unclear }
    }
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
}
