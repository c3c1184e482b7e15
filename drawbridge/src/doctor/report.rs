use drawbridge_cookies::{
    browser_engine::BrowserEngine, origin_cookie::OriginCookie, received_cookie::ReceivedSameSite,
    topology::CookieMode,
};
use serde::{Serialize, Serializer};

use super::{
    finding::{Finding, Severity},
    probe::{Examination, ExaminedCookie},
    setup::DoctorSetup,
};
use crate::output::print_line;

/// The findings and a prediction for each browser engine.
#[derive(Debug, Serialize)]
pub(super) struct DoctorReport {
    ok: bool,
    frontend: String,
    backend: String,
    mode: String,
    cookie: CookieKind,
    engines: Vec<EngineRow>,
    findings: Vec<Finding>,
    /// The one change to make first.
    first: Option<Finding>,
}

/// The cookie that the prediction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum CookieKind {
    /// The cookie that the login set.
    Seen,
    /// The cookie that Drawbridge would set.
    Planned,
    /// There is no cookie.
    Missing,
}

/// The prediction for one engine.
#[derive(Debug, Serialize)]
struct EngineRow {
    engine: &'static str,
    stored: Prediction,
    /// Whether the cookie reaches the guard, even when the user follows a link from another site.
    guard: Prediction,
    /// Whether the cookie is sent when a page calls the backend. In proxy mode, pages do not call it.
    backend: Prediction,
}

/// What an engine will do with the cookie. In JSON, this is a Boolean or null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prediction {
    Yes,
    No,
    /// There is no cookie, or the column does not apply.
    NotApplicable,
}

impl Prediction {
    /// The prediction for the cookie, if there is one to which the column applies.
    fn about(received: Option<&OriginCookie>, predict: impl FnOnce(&OriginCookie) -> bool) -> Self {
        match received.map(predict) {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::NotApplicable,
        }
    }

    /// The text in the table.
    fn cell(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotApplicable => "-",
        }
    }
}

impl Serialize for Prediction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Yes => serializer.serialize_bool(true),
            Self::No => serializer.serialize_bool(false),
            Self::NotApplicable => serializer.serialize_none(),
        }
    }
}

impl EngineRow {
    fn new(engine: BrowserEngine, received: Option<&OriginCookie>, setup: &DoctorSetup) -> Self {
        let frontend = &setup.frontend;
        let reaches_guard = |received: &OriginCookie| {
            engine.sends(received, frontend, frontend, &setup.private_path)
                && received.cookie.same_site != ReceivedSameSite::Strict
        };
        let reaches_backend =
            |received: &OriginCookie| engine.sends(received, frontend, &setup.backend, &setup.login_path);
        let called = received.filter(|_| setup.mode != CookieMode::Proxy);
        Self {
            engine: engine.name(),
            stored: Prediction::about(received, |received| engine.stores(received, frontend)),
            guard: Prediction::about(received, reaches_guard),
            backend: Prediction::about(called, reaches_backend),
        }
    }
}

impl DoctorReport {
    pub(super) fn new(setup: &DoctorSetup, examination: Examination) -> Self {
        let findings = examination.findings.into_sorted();
        let first = findings.iter().find(|finding| finding.severity != Severity::Note).cloned();
        let (cookie, received) = match &examination.cookie {
            ExaminedCookie::Seen(received) => (CookieKind::Seen, Some(received)),
            ExaminedCookie::Planned(received) => (CookieKind::Planned, Some(received)),
            ExaminedCookie::Missing => (CookieKind::Missing, None),
        };
        Self {
            ok: !findings.iter().any(|finding| finding.severity == Severity::Error),
            frontend: setup.frontend.to_string(),
            backend: setup.backend.to_string(),
            mode: setup.mode.to_string(),
            cookie,
            engines: BrowserEngine::ALL.map(|engine| EngineRow::new(engine, received, setup)).into(),
            findings,
            first,
        }
    }

    /// The number of findings that are errors.
    pub(super) fn error_count(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    pub(super) fn print_json(&self) -> anyhow::Result<()> {
        print_line(format_args!("{}", serde_json::to_string_pretty(self)?));
        Ok(())
    }

    pub(super) fn print(&self) {
        print_line(format_args!("frontend {}, backend {}, mode {}", self.frontend, self.backend, self.mode));
        for finding in &self.findings {
            print_finding(finding);
        }
        self.print_engines();
        match &self.first {
            Some(first) => print_line(format_args!("\nChange this first: {}: {}", first.subject, first.fix)),
            None if self.cookie == CookieKind::Seen => print_line(format_args!("\nNo problems found.")),
            // The cookie was not examined, so this does not mean that all is well.
            None => print_line(format_args!(
                "\nNo problems found, but no cookie was examined. The notes above say why."
            )),
        }
    }

    fn print_engines(&self) {
        let title = match self.cookie {
            CookieKind::Seen => "The cookie that the login set:",
            CookieKind::Planned => "The cookie that Drawbridge would set (no login was completed):",
            CookieKind::Missing => "There is no cookie:",
        };
        print_line(format_args!("\n{title}"));
        print_line(format_args!("{:40}{:10}{:16}sent to backend", "engine", "stored", "seen by guard"));
        for row in &self.engines {
            let [stored, guard, backend] = [row.stored, row.guard, row.backend].map(Prediction::cell);
            print_line(format_args!("{:40}{stored:10}{guard:16}{backend}", row.engine));
        }
    }
}

fn print_finding(finding: &Finding) {
    let severity = match finding.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    print_line(format_args!("\n{severity} {}: {}", finding.code, finding.subject));
    print_line(format_args!("  {}", finding.observation));
    if !finding.fix.is_empty() {
        print_line(format_args!("  fix: {}", finding.fix));
    }
}
