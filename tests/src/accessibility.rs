use std::{fs, sync::OnceLock};

use serde_json::Value;

use crate::browser::Browser;

/// Checks the page against all rules of WCAG up to 2.2, levels A and AA, and against best practices.
const RUN: &str = "const done = arguments[0]; \
    axe.run({resultTypes: ['violations'], runOnly: \
      ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']}) \
    .then(result => done(result.violations), error => done(String(error)));";

impl Browser {
    /// The accessibility violations of this page in the light and the dark colour scheme, one line for each: the rule,
    /// its impact, the element and the reason. Only Chromium can switch the scheme.
    pub async fn violations(&self) -> Vec<String> {
        let mut violations = Vec::new();
        for scheme in ["light", "dark"] {
            self.set_scheme(scheme).await;
            // The driver runs this script, so the page's content security policy does not apply.
            let script = format!("{}\n{RUN}", axe());
            let found = self.client.execute_async(&script, vec![]).await.unwrap();
            let found = found.as_array().unwrap_or_else(|| panic!("{found}"));
            violations.extend(found.iter().flat_map(describe).map(|line| format!("{scheme}: {line}")));
        }
        self.set_scheme("").await;
        violations
    }

    /// Saves screenshots of the page, and fails if it has an accessibility violation.
    pub async fn examine(&self, name: &str) {
        let violations = self.violations().await;
        assert!(violations.is_empty(), "{name}:\n{}", violations.join("\n"));
        self.keep_screenshots(name).await;
    }
}

/// axe-core, which `scripts/test-programs` downloads.
fn axe() -> &'static str {
    static AXE: OnceLock<String> = OnceLock::new();
    AXE.get_or_init(|| {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/axe.min.js");
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}; scripts/test downloads it"))
    })
}

/// A line for each element that breaks a rule.
fn describe(violation: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rule = text(&violation["id"]);
    let impact = text(&violation["impact"]);
    let elements = violation["nodes"].as_array().unwrap().iter();
    elements
        .map(|element| {
            let reason = text(&element["failureSummary"]).split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{rule} ({impact}) at {}: {reason}", element["target"])
        })
        .collect()
}
