use std::{fs, sync::OnceLock};

use serde_json::Value;

use crate::browser::Browser;

/// Judges the page by all rules of WCAG up to 2.2, A and AA, and by good practice.
const RUN: &str = "const done = arguments[0]; \
    axe.run({resultTypes: ['violations'], runOnly: \
      ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']}) \
    .then(result => done(result.violations), error => done(String(error)));";

impl Browser {
    /// What keeps people from using this page, in light and in dark: the rule, how bad it is, where, and why.
    /// Chromium alone can be told which of the two is wanted.
    pub async fn violations(&self) -> Vec<String> {
        let mut violations = Vec::new();
        for scheme in ["light", "dark"] {
            self.set_scheme(scheme).await;
            // A script of the driver's, which the page's policy says nothing about.
            let script = format!("{}\n{RUN}", judge());
            let found = self.client.execute_async(&script, vec![]).await.unwrap();
            let found = found.as_array().unwrap_or_else(|| panic!("{found}"));
            violations.extend(found.iter().flat_map(told).map(|told| format!("{scheme}: {told}")));
        }
        self.set_scheme("").await;
        violations
    }

    /// Keeps pictures of the page, and fails if somebody is kept from using it.
    pub async fn examine(&self, name: &str) {
        let violations = self.violations().await;
        assert!(violations.is_empty(), "{name}:\n{}", violations.join("\n"));
        self.keep_screenshots(name).await;
    }
}

/// axe-core, which `scripts/test-programs` fetches.
fn judge() -> &'static str {
    static JUDGE: OnceLock<String> = OnceLock::new();
    JUDGE.get_or_init(|| {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/axe.min.js");
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}; scripts/test fetches it"))
    })
}

/// A line for each place where a rule is broken.
fn told(violation: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (rule, impact) = (text(&violation["id"]), text(&violation["impact"]));
    let places = violation["nodes"].as_array().unwrap().iter();
    places
        .map(|place| {
            let why = text(&place["failureSummary"]).split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{rule} ({impact}) at {}: {why}", place["target"])
        })
        .collect()
}
