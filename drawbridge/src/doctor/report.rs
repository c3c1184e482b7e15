use drawbridge_cookies::{
    browser_engine::BrowserEngine, origin_cookie::OriginCookie, received_cookie::ReceivedSameSite,
    topology::CookieMode,
};
use serde::Serialize;

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

/// The prediction for one engine. A column is `None` if there is no cookie or if it does not apply.
#[derive(Debug, Serialize)]
struct EngineRow {
    engine: &'static str,
    stored: Option<bool>,
    /// Whether the cookie reaches the guard, even when the user follows a link from another site.
    guard: Option<bool>,
    /// Whether the cookie is sent when a page calls the backend. In proxy mode pages do not call it.
    backend: Option<bool>,
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
        Self {
            engine: engine.name(),
            stored: received.map(|received| engine.stores(received, frontend)),
            guard: received.map(reaches_guard),
            backend: received.filter(|_| setup.mode != CookieMode::Proxy).map(reaches_backend),
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
                "\nNo problems found, but no cookie was examined. To examine it, name an account with --login."
            )),
        }
    }

    fn print_engines(&self) {
        let title = match self.cookie {
            CookieKind::Seen => "The cookie that the login set:",
            CookieKind::Planned => "The cookie that Drawbridge would set (no account given, see --login):",
            CookieKind::Missing => "There is no cookie:",
        };
        print_line(format_args!("\n{title}"));
        print_line(format_args!("{:40}{:10}{:16}sent to backend", "engine", "stored", "seen by guard"));
        for row in &self.engines {
            let [stored, guard, backend] = [row.stored, row.guard, row.backend].map(cell);
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

fn cell(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    }
}
