//! Access rules: which requests need a signed-in user, a role, or a second factor.
//!
//! `docs/access-rules.md` describes the rules. An application decides by itself which resource a path names, and
//! frameworks differ. So a guard matches every spelling that an application may resolve to the guarded path, a public
//! exception matches one spelling only, and a path that programs read differently is refused if one of the readings is
//! guarded.

mod aliases;
mod app_kind;
mod escapes;
mod host;
mod judge;
mod next_paths;
mod path;
mod pattern;
mod readings;
mod requirement;
mod rule;
mod setting;
mod text;
mod verdict;

use std::fmt;

pub use app_kind::AppKind;
pub use requirement::Requirement;
use rule::{Rule, Scope};

/// How many rules there may be.
const MAX_RULES: usize = 500;

/// Ordered access rules. The first that matches decides, and what matches none is public.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessRules {
    rules: Vec<Rule>,
    has_next_paths: bool,
}

/// The parts of a request that rules look at.
#[derive(Debug, Clone, Copy)]
pub struct RuleRequest<'a> {
    /// The method, as received.
    pub method: &'a str,
    /// `Host` or `:authority`, as received; a port does not count.
    pub host: Option<&'a str>,
    /// The path as received: not decoded, and without the query.
    pub path: &'a str,
    /// The query without `?`, not decoded.
    pub query: Option<&'a str>,
}

/// What rules say about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Everyone may see it.
    Public,
    /// Who may see it.
    Required(Requirement),
    /// The application may read the path as a guarded one, or two rules contradict each other. Answer 400.
    Ambiguous,
}

/// A rule, for a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    /// `None` is every method.
    pub method: Option<&'static str>,
    /// `None` is every host.
    pub host: Option<String>,
    /// The path, such as `/private/*`.
    pub path: String,
    /// `None` is `public`.
    pub requirement: Option<Requirement>,
}

impl AccessRules {
    /// Parses rules separated by commas or line feeds.
    ///
    /// # Errors
    /// A reason that continues a sentence after the setting's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rules: Vec<Rule> = Vec::new();
        for entry in text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty()) {
            let rule =
                Rule::parse(entry).map_err(|reason| format!("has the invalid rule \"{entry}\": {reason}"))?;
            if let Some(earlier) = rules.iter().find(|earlier| earlier.covers(&rule)) {
                return Err(format!(
                    "has the rule \"{entry}\" after \"{earlier}\", which covers it already: the first rule that \
                     matches decides, so put the narrower rule first"
                ));
            }
            rules.push(rule);
        }
        match rules.len() {
            0 => Err("contains no rule such as /private/*".to_owned()),
            count if count > MAX_RULES => Err(format!("contains {count} rules; {MAX_RULES} are possible")),
            _ => Ok(Self { rules, has_next_paths: false }),
        }
    }

    /// Also judges the names under which Next.js serves the data and images of pages.
    pub fn with_next_paths(self) -> Self {
        Self { has_next_paths: true, ..self }
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules in their order.
    pub fn table(&self) -> Vec<RuleRow> {
        let row = |rule: &Rule| RuleRow {
            method: rule.method(),
            host: rule.host(),
            path: rule.path(),
            requirement: rule.requirement().cloned(),
        };
        self.rules.iter().map(row).collect()
    }

    /// Decides who may see what a request names.
    pub fn decide(&self, request: &RuleRequest<'_>) -> Decision {
        if self.rules.is_empty() {
            return Decision::Public;
        }
        let scope = Scope::new(request.method, request.host);
        self.judge(&scope, request.path, request.query, 0).into()
    }
}

impl fmt::Display for AccessRules {
    /// Writes text that parses to the same rules.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        self.rules.iter().try_for_each(|rule| write!(f, "{}{rule}", std::mem::replace(&mut separator, ", ")))
    }
}

#[cfg(test)]
mod tests;
