//! One rule.

use std::fmt;

use super::{
    host::{HostPattern, RequestHost},
    pattern::{Likeness, PathPattern},
    requirement::Requirement,
};

/// A rule of `GUARDED_PATHS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// One of `METHODS`; `None` is every method.
    method: Option<&'static str>,
    host: Option<HostPattern>,
    path: PathPattern,
    /// `None` is `public`.
    requirement: Option<Requirement>,
}

/// The requests that a rule applies to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    method: &'a str,
    host: RequestHost<'a>,
}

/// A path as rules see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<'a> {
    /// Decoded.
    pub(super) text: &'a str,
    /// Folded, except for the case of ASCII letters.
    pub(super) folded: &'a str,
    /// Whether a public exception may match.
    pub(super) may_be_public: bool,
}

/// The methods of rules. A typing error would leave a path public.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"];

/// The longest rule, in bytes.
const MAX_RULE_BYTES: usize = 1024;

/// The longest role, in characters.
const MAX_ROLE_CHARACTERS: usize = 64;

const SPACE_IN_PATH: &str = "a space in a path is written %20";

impl<'a> Scope<'a> {
    pub(super) fn new(method: &'a str, host: Option<&'a str>) -> Self {
        let is_head = method.eq_ignore_ascii_case("HEAD");
        Self { method: if is_head { "GET" } else { method }, host: RequestHost::of(host) }
    }

    /// The scope of a GET to the same host.
    pub(super) fn with_get(self) -> Self {
        Self { method: "GET", ..self }
    }
}

impl Rule {
    /// Parses a rule. The error is a clause about the rule.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_RULE_BYTES {
            return Err(format!("it is longer than {MAX_RULE_BYTES} bytes"));
        }
        let (target, requirement) = match text.split_once('=') {
            Some((target, requirement)) => (target.trim(), parse_requirement(requirement.trim())?),
            None => (text.trim(), Some(Requirement::SignedIn)),
        };
        let (method, target) = match target.split_once(char::is_whitespace) {
            Some((path, _)) if path.contains('/') => return Err(SPACE_IN_PATH.to_owned()),
            Some((method, target)) => (Some(parse_method(method)?), target.trim_start()),
            None => (None, target),
        };
        if target.contains(char::is_whitespace) {
            return Err(SPACE_IN_PATH.to_owned());
        }
        let Some((host, path)) = target.split_once('/') else {
            return Err(format!("it has no path; one such as /{target}/* begins with /"));
        };
        let host = if host.is_empty() { None } else { Some(HostPattern::parse(host)?) };
        if path.contains(['?', '#']) {
            return Err("rules look at paths only, so it must not contain ? or #".to_owned());
        }
        Ok(Self { method, host, path: PathPattern::parse(&format!("/{path}"))?, requirement })
    }

    pub(super) fn requirement(&self) -> Option<&Requirement> {
        self.requirement.as_ref()
    }

    /// Whether the rule names one path, not everything below it.
    pub(super) fn names_one_path(&self) -> bool {
        !self.path.covers_below()
    }

    /// Whether the rule is a guard for some of the requests.
    pub(super) fn guards(&self, scope: &Scope<'_>) -> bool {
        self.requirement.is_some() && self.applies(scope)
    }

    fn applies(&self, scope: &Scope<'_>) -> bool {
        let is_guard = self.requirement.is_some();
        let has_method = self.method.is_none_or(|method| {
            method == scope.method || is_guard && method.eq_ignore_ascii_case(scope.method)
        });
        let has_host = match (&self.host, scope.host) {
            (None, _) => true,
            (Some(host), RequestHost::Named(name)) => host.matches(name),
            (Some(_), RequestHost::Unclear) => is_guard,
        };
        has_method && has_host
    }

    /// Whether the rule matches. Guards match more spellings than public exceptions.
    pub(super) fn likeness(&self, scope: &Scope<'_>, name: &Name<'_>) -> Likeness {
        if !self.applies(scope) {
            return Likeness::None;
        }
        match self.requirement {
            Some(_) => self.path.likeness(name.folded),
            None if name.may_be_public && self.path.is_exactly(name.text) => Likeness::Match,
            None => Likeness::None,
        }
    }

    /// Whether every request for `other` matches this rule first.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let has_methods = self.method.is_none() || self.method == other.method;
        let has_hosts = match (&self.host, &other.host) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => own.covers(other),
        };
        has_methods && has_hosts && self.path.covers(&other.path, self.requirement.is_none())
    }

    pub(super) fn method(&self) -> Option<&'static str> {
        self.method
    }

    pub(super) fn host(&self) -> Option<String> {
        self.host.as_ref().map(ToString::to_string)
    }

    pub(super) fn path(&self) -> String {
        self.path.to_string()
    }
}

fn parse_method(text: &str) -> Result<&'static str, String> {
    if text == "HEAD" {
        return Err("HEAD counts as GET".to_owned());
    }
    let method = METHODS.iter().find(|method| **method == text);
    method.copied().ok_or_else(|| format!("\"{text}\" is not a method such as {}", METHODS.join(", ")))
}

fn parse_requirement(text: &str) -> Result<Option<Requirement>, String> {
    match (text, text.strip_prefix("role:")) {
        ("public", _) => Ok(None),
        ("signed-in", _) => Ok(Some(Requirement::SignedIn)),
        ("second-factor", _) => Ok(Some(Requirement::SecondFactor)),
        (_, Some(role)) => {
            let role = role.trim();
            let is_valid = (1..=MAX_ROLE_CHARACTERS).contains(&role.chars().count())
                && !role.contains(|character: char| character == ',' || character.is_control());
            is_valid
                .then(|| Some(Requirement::Role(role.to_owned())))
                .ok_or_else(|| format!("\"{role}\" is not a role"))
        }
        _ => Err(format!(
            "\"{text}\" must be public, signed-in, role:NAME or second-factor; in a path, = is written %3D"
        )),
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(method) = self.method {
            write!(f, "{method} ")?;
        }
        if let Some(host) = &self.host {
            write!(f, "{host}")?;
        }
        write!(f, "{}=", self.path)?;
        match &self.requirement {
            Some(requirement) => write!(f, "{requirement}"),
            None => f.write_str("public"),
        }
    }
}
