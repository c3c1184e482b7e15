use serde::Serialize;

/// How serious a finding is, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    /// Sign-in fails or is unsafe in at least one browser.
    Error,
    /// Sign-in does not work everywhere, or not for long.
    Warning,
    /// Something could not be checked, or is worth knowing.
    Note,
}

/// One finding and its fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The stable code, listed in `docs/doctor.md`.
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    /// The cookie, origin or URL concerned.
    pub(super) subject: String,
    /// What was observed and how browsers react; continues the sentence after the subject.
    #[serde(rename = "what")]
    pub(super) observation: String,
    /// What to change; may be empty.
    pub(super) fix: String,
}

impl Finding {
    pub(super) fn error(
        code: &'static str,
        subject: impl ToString,
        observation: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            subject: subject.to_string(),
            observation: observation.into(),
            fix: fix.into(),
        }
    }

    pub(super) fn warning(
        code: &'static str,
        subject: impl ToString,
        observation: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::error(code, subject, observation, fix).at_most(Severity::Warning)
    }

    pub(super) fn note(
        code: &'static str,
        subject: impl ToString,
        observation: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::error(code, subject, observation, fix).at_most(Severity::Note)
    }

    /// Lowers the severity to `severity` if it is higher.
    pub(super) fn at_most(mut self, severity: Severity) -> Self {
        self.severity = self.severity.max(severity);
        self
    }
}

/// Distinct findings, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding unless there is one with the same code and subject.
    pub(super) fn add(&mut self, finding: Finding) {
        if !self.0.iter().any(|known| known.code == finding.code && known.subject == finding.subject) {
            self.0.push(finding);
        }
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    /// The findings in the order in which to fix them: by severity, then as found, because later checks depend on
    /// earlier ones.
    pub(super) fn into_sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| finding.severity);
        self.0
    }
}
