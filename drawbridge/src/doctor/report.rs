//! What is said at the end.

use drawbridge_cookies::topology::CookieMode;
use serde::Serialize;

use super::{
    Setup,
    engine::Engine,
    finding::{Finding, Severity},
    probe::{Examined, Session},
};
use crate::output::line;
use drawbridge_cookies::received_cookie::ReceivedSameSite;

/// All findings, and what each engine does with the cookie.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    ok: bool,
    frontend: String,
    backend: String,
    mode: String,
    /// Whether the table is of a cookie that was seen, or of the one that Drawbridge would set.
    cookie: &'static str,
    engines: Vec<Row>,
    findings: Vec<Finding>,
    /// The one change to make first.
    first: Option<Finding>,
}

/// What an engine does; nothing where there is no cookie.
#[derive(Debug, Serialize)]
struct Row {
    engine: &'static str,
    stored: Option<bool>,
    /// Whether the guard sees it, also on arrival from another site.
    guard: Option<bool>,
    /// Whether a page's call to the backend brings it; nothing where the frontend's server makes the calls.
    backend: Option<bool>,
}

impl Report {
    pub(crate) fn new(setup: &Setup, examined: Examined) -> Self {
        let findings = examined.findings.into_sorted();
        let first = findings.iter().find(|finding| finding.severity != Severity::Note).cloned();
        let (cookie, session) = match &examined.session {
            Session::Seen(cookie, setter) => ("seen", Some((cookie, setter))),
            Session::Planned(cookie, setter) => ("planned", Some((cookie, setter))),
            Session::Missing => ("missing", None),
        };
        let row = |engine: Engine| {
            let (frontend, private) = (&setup.frontend, setup.private_path.as_str());
            let stored = session.map(|(cookie, setter)| engine.keeps(cookie, setter, frontend));
            let guard = session.map(|(cookie, setter)| {
                engine.sends(cookie, setter, frontend, frontend, private)
                    && cookie.same_site != ReceivedSameSite::Strict
            });
            let called = session.filter(|_| setup.mode != CookieMode::Proxy);
            let backend = called.map(|(cookie, setter)| {
                engine.sends(cookie, setter, frontend, &setup.backend, &setup.login_path)
            });
            Row { engine: engine.name(), stored, guard, backend }
        };
        Self {
            ok: !findings.iter().any(|finding| finding.severity == Severity::Error),
            frontend: setup.frontend.to_string(),
            backend: setup.backend.to_string(),
            mode: setup.mode.to_string(),
            cookie,
            engines: Engine::ALL.map(row).into(),
            findings,
            first,
        }
    }

    /// How many findings are errors.
    pub(crate) fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    pub(crate) fn print_json(&self) -> anyhow::Result<()> {
        line(format_args!("{}", serde_json::to_string_pretty(self)?));
        Ok(())
    }

    pub(crate) fn print(&self) {
        line(format_args!("frontend {}, backend {}, mode {}", self.frontend, self.backend, self.mode));
        for finding in &self.findings {
            let severity = match finding.severity {
                Severity::Error => "ERROR",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            line(format_args!("\n{severity} {}: {}", finding.code, finding.subject));
            line(format_args!("  {}", finding.what));
            if !finding.fix.is_empty() {
                line(format_args!("  fix: {}", finding.fix));
            }
        }
        let about = match self.cookie {
            "planned" => "the cookie that Drawbridge would set (nobody signed in: --login)",
            "seen" => "the cookie that the login set",
            _ => "no cookie was seen",
        };
        line(format_args!("\n{about}"));
        line(format_args!("{:40}{:10}{:16}sent to the backend", "engine", "stored", "seen by guard"));
        for row in &self.engines {
            let cells = [row.stored, row.guard, row.backend].map(cell);
            let [stored, guard, backend] = cells;
            line(format_args!("{:40}{stored:10}{guard:16}{backend}", row.engine));
        }
        match &self.first {
            Some(first) => line(format_args!("\nChange this first: {}: {}", first.subject, first.fix)),
            // What was not looked at is not well for sure.
            None if self.cookie == "seen" => line(format_args!("\nAll is well.")),
            None => line(format_args!("\nNothing wrong was seen; without --login no cookie was looked at.")),
        }
    }
}

fn cell(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    }
}
