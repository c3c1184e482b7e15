//! What the examination found.

use serde::Serialize;

/// How much a finding matters; in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    /// Sign-in fails or is unsafe in some browser.
    Error,
    /// It works, but not everywhere or not for long.
    Warning,
    /// Worth knowing.
    Note,
}

/// One fact that was found, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// A stable word for programs.
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    /// The cookie, origin or URL that it is about.
    pub(crate) subject: String,
    /// What was seen, and what browsers make of it.
    pub(crate) what: String,
    /// What to change.
    pub(crate) fix: String,
}

impl Finding {
    pub(crate) fn error(
        code: &'static str,
        subject: impl ToString,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let (subject, what, fix) = (subject.to_string(), what.into(), fix.into());
        Self { code, severity: Severity::Error, subject, what, fix }
    }

    pub(crate) fn warning(
        code: &'static str,
        subject: impl ToString,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::error(code, subject, what, fix).at_most(Severity::Warning)
    }

    pub(crate) fn note(
        code: &'static str,
        subject: impl ToString,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::error(code, subject, what, fix).at_most(Severity::Note)
    }

    /// The same, made to matter no more than this.
    pub(crate) fn at_most(mut self, severity: Severity) -> Self {
        self.severity = self.severity.max(severity);
        self
    }
}

/// Findings in the order in which they should be dealt with: the worst first, and among equals what
/// was found first, since later steps stand on earlier ones.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds one, unless the same was said of the same thing.
    pub(crate) fn add(&mut self, finding: Finding) {
        if !self.0.iter().any(|known| known.code == finding.code && known.subject == finding.subject) {
            self.0.push(finding);
        }
    }

    pub(crate) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    pub(crate) fn into_sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| finding.severity);
        self.0
    }
}
