mod matching;
mod next;
mod parsing;
mod properties;
mod spellings;

use super::{AccessRules, Decision, Requirement, RuleRequest};

fn rules(text: &str) -> AccessRules {
    AccessRules::parse(text).unwrap_or_else(|reason| panic!("{text}: {reason}"))
}

fn get(path: &str) -> RuleRequest<'_> {
    RuleRequest { method: "GET", host: Some("app.example.com"), path, query: None }
}

/// What the rules say about a GET, as in the text of a rule.
fn decide(rules: &AccessRules, path: &str) -> String {
    describe(&rules.decide(&get(path)))
}

/// What the rules of a Next.js application say about a GET of a path that may have a query.
fn decide_next(text: &str, url: &str) -> String {
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let rules = rules(text).with_next_paths();
    describe(&rules.decide(&RuleRequest { query, ..get(path) }))
}

fn describe(decision: &Decision) -> String {
    match decision {
        Decision::Public => "public".to_owned(),
        Decision::Required(requirement) => requirement.to_string(),
        Decision::Ambiguous => "ambiguous".to_owned(),
    }
}

fn role(name: &str) -> Decision {
    Decision::Required(Requirement::Role(name.to_owned()))
}
