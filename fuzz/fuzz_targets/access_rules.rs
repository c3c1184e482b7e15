//! A request that some application reads as one for a guarded page is never public.
//!
//! The first byte of an input chooses the rules, and two more choose the programs that read the path one after another.
//! The rest is the path, with or without a query. After the first byte `#`, the rest is a list of rules instead.

#![no_main]

use drawbridge_fuzz::{
    applications::{READERS, next_page},
    choose, is_below_ignoring_case,
};
use drawbridge_http::access_rules::{AccessRules, Decision, RuleRequest};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// Rules, and whether they guard a page, in the words of the person who wrote them.
struct Policy {
    rules: AccessRules,
    rules_for_next: AccessRules,
    is_guarded: fn(&str) -> bool,
}

impl Policy {
    fn new(text: &str, is_guarded: fn(&str) -> bool) -> Self {
        let rules = AccessRules::parse(text).expect("valid rules");
        Self { rules_for_next: rules.clone().with_next_paths(), rules, is_guarded }
    }
}

static POLICIES: LazyLock<[Policy; 3]> = LazyLock::new(|| {
    [
        Policy::new(
            "/private/help=public, /open/*=public, /private/*, /*/team/edit=role:editor, /exact=second-factor",
            |page| {
                is_below_ignoring_case(page, "/private") && !is_page(page, "/private/help")
                    || is_page(page, "/exact")
                    || is_team_page(page)
            },
        ),
        Policy::new("/open/*=public, /help=public, /*", |page| {
            !is_below_ignoring_case(page, "/open") && !is_page(page, "/help")
        }),
        Policy::new("/=second-factor, GET /private/*=signed-in", |page| {
            is_page(page, "") || is_below_ignoring_case(page, "/private")
        }),
    ]
});

fn is_page(page: &str, expected: &str) -> bool {
    page.strip_suffix('/').unwrap_or(page).eq_ignore_ascii_case(expected)
}

fn is_team_page(page: &str) -> bool {
    let lower = page.to_ascii_lowercase();
    let start = lower.strip_suffix('/').unwrap_or(&lower).strip_suffix("/team/edit");
    start
        .and_then(|start| start.strip_prefix('/'))
        .is_some_and(|team| !team.is_empty() && !team.contains('/'))
}

fuzz_target!(|input: &[u8]| {
    match input {
        [b'#', rules @ ..] => parse_rules(&String::from_utf8_lossy(rules)),
        [policy, first, second, target @ ..] => {
            if let Ok(target) = str::from_utf8(target) {
                decide(usize::from(*policy), [*first, *second].map(usize::from), target);
            }
        }
        _ => {}
    }
});

/// Rules are written so that they parse to the same rules.
fn parse_rules(text: &str) {
    if let Ok(rules) = AccessRules::parse(text) {
        assert_eq!(AccessRules::parse(&rules.to_string()).as_ref(), Ok(&rules), "{rules}");
    }
}

fn decide(policy: usize, readers: [usize; 2], target: &str) {
    let is_next = policy / POLICIES.len() % 2 == 1;
    let policy = &POLICIES[policy % POLICIES.len()];
    let rules = if is_next { &policy.rules_for_next } else { &policy.rules };
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let request = RuleRequest { method: "GET", host: Some("app.example.com"), path, query };

    if rules.decide(&request) != Decision::Public {
        return;
    }
    let assert_unguarded = |program: &str, page: Option<String>| {
        let is_guarded = page.as_deref().is_some_and(policy.is_guarded);
        assert!(!is_guarded, "{path:?} is public, but {program} reads it as {page:?}");
    };
    for (program, read) in READERS {
        assert_unguarded(program, read(path));
    }
    let [(_, first), (second, then)] = readers.map(|reader| choose(&READERS, reader));
    assert_unguarded(second, first(path).and_then(|read| then(&read)));
    if is_next {
        assert_unguarded("Next.js", next_page(path, query.unwrap_or_default()));
    }
}
