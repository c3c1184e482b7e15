use std::{fmt::Write, path::PathBuf};

use tests::Engine;

use super::Outcomes;

const INTRODUCTION: &str = "\
# Browser matrix

What each browser engine does with the session cookie, for every combination of [topology](glossary.md#topology)
and [`COOKIE_MODE`](glossary.md#cookie-mode). `tests/it/matrix.rs` generates this page from a run of the real
programs with real host names and TLS, and every run of the tests checks it.

- *works*: the user can sign in with the form and with `fetch`, stays signed in after a reload and after following a
  link from another site, is recognized by the backend, gets a renewed token, and can sign out.
- *calls only*: the browser sends the cookie with calls to the backend, but no guard on the frontend sees it.
- *dropped*: the sign-in is answered with 200, but the browser stores no cookie.
- *refused at start*: no service starts.

With *calls only* and *dropped*, web-frontend refuses to start. auth-service starts, because pages other than
web-frontend's can still call it. A service that refuses to start names the setting at fault and the fix.

For example, with two unrelated sites and `host`, Chromium and Firefox send the cookie with calls to the backend and
WebKit drops it. Use `proxy` there.

WebKitGTK has Safari's engine but not all of Safari's rules.
";

/// The document for these outcomes.
fn document(outcomes: &Outcomes) -> String {
    let mut text = format!("{INTRODUCTION}\n| topology | `COOKIE_MODE` |");
    for engine in Engine::ALL {
        write!(text, " {} |", engine.name()).unwrap();
    }
    text.push_str("\n| --- | --- | --- | --- | --- | --- |\n");
    for (row, outcome) in outcomes {
        write!(text, "| {} | `{}` |", row.topology.name(), row.mode.name()).unwrap();
        for engine in Engine::ALL {
            write!(text, " {} |", outcome[engine.name()]).unwrap();
        }
        text.push('\n');
    }
    text
}

/// Fails unless the document has these outcomes. Engines that are not installed are not compared.
pub(super) fn assert_documented(engines: &[Engine], outcomes: &Outcomes) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/browser-matrix.md");
    let has_all_engines = engines.len() == Engine::ALL.len();
    if drawbridge_core::settings::environment("UPDATE_DOCS").is_some() {
        assert!(has_all_engines, "the document needs all engines");
        std::fs::write(&file, document(outcomes)).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    let mut lines = written.lines().filter(|line| line.starts_with("| ")).skip(2);
    for (row, outcome) in outcomes {
        let line = lines.next().unwrap_or_default();
        let columns: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(columns[0], row.topology.name(), "{line}");
        assert_eq!(columns[1], format!("`{}`", row.mode.name()), "{line}");
        for (engine, column) in Engine::ALL.iter().zip(&columns[2..]) {
            if let Some(outcome) = outcome.get(engine.name()) {
                let cell = format!("{} in {}", row.name(), engine.name());
                assert_eq!(outcome, column, "{cell}: UPDATE_DOCS=1 updates the document");
            }
        }
    }
    if has_all_engines {
        assert_eq!(written, document(outcomes), "UPDATE_DOCS=1 updates the document");
    }
}
