//! Every metric in the documentation, the alerts and the dashboard exists, and every metric is documented.

use std::{collections::BTreeSet, fs, path::Path};

use tests::{Deployment, Service, Visitor};

fn read(path: &str) -> String {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(repository.join(path)).unwrap()
}

/// The names of metrics in a text.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c: char| !is_word(c)).filter(|word| word.starts_with("drawbridge_"));
    words.map(str::to_owned).collect()
}

/// The names of the samples that a service exports, as Prometheus stores them: with `_total` and `_bucket`.
async fn exported_samples(internal_url: &str) -> BTreeSet<String> {
    let metrics = Visitor::new().get(&format!("{internal_url}/metrics")).await.text;
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(['{', ' ']).next()).map(str::to_owned).collect()
}

/// The metric to which a sample belongs.
fn metric(sample: &str) -> String {
    let suffixes = ["_bucket", "_sum", "_count"].into_iter();
    suffixes.fold(sample, |name, suffix| name.strip_suffix(suffix).unwrap_or(name)).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn documented_metrics_exist_and_all_are_documented() {
    let deployment = Deployment::builder().start();
    let mut samples = BTreeSet::new();
    for service in [Service::Auth, Service::Verify] {
        samples.extend(exported_samples(&deployment.internal_urls(service)[0]).await);
    }

    for file in ["deploy/observability/alerts.yml", "deploy/observability/dashboard.json"] {
        let unknown: Vec<_> = metrics_in(&read(file)).difference(&samples).cloned().collect();
        assert!(unknown.is_empty(), "{file} names metrics that do not exist: {unknown:?}");
    }
    let metrics: BTreeSet<_> = samples.iter().map(|sample| metric(sample)).collect();
    assert_eq!(metrics_in(&read("docs/observability.md")), metrics, "docs/observability.md");
}
