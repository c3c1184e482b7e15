use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// Something that an application may undo before it looks for a page.
#[derive(Debug, Clone)]
struct Change {
    kind: usize,
    position: usize,
}

const KINDS: usize = 23;

fn changes() -> impl Strategy<Value = Vec<Change>> {
    vec((0..KINDS, 0..64_usize).prop_map(|(kind, position)| Change { kind, position }), 0..5)
}

/// Applies a change to a path. Every result is one that some program resolves to the same page.
fn apply(path: &str, change: &Change) -> String {
    let characters: Vec<char> = path.chars().collect();
    let index = change.position % characters.len();
    let slashes: Vec<usize> = (0..characters.len()).filter(|index| characters[*index] == '/').collect();
    let Some(&slash) = slashes.get(change.position % slashes.len().max(1)) else { return path.to_owned() };
    let inner = slashes.get(1).copied().unwrap_or(slash);
    let one = characters[index];
    let with = |index: usize, text: String| -> String {
        let before: String = characters[..index].iter().collect();
        let after: String = characters[index + 1..].iter().collect();
        format!("{before}{text}{after}")
    };
    let escape = |character: char| {
        let mut buffer = [0; 4];
        character
            .encode_utf8(&mut buffer)
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect::<Vec<_>>()
            .concat()
    };
    match change.kind {
        0 | 1 => with(index, escape(one)),
        2 => with(index, escape(one).to_uppercase()),
        3 => with(index, escape(one).replace('%', "%25")),
        4 => with(index, format!("%u{:04x}", u32::from(one))),
        5 if one.is_ascii_graphic() => with(index, overlong(one)),
        6 => with(index, one.to_uppercase().to_string()),
        7 => with(slash, "//".to_owned()),
        8 => with(slash, "/./".to_owned()),
        9 => with(slash, "/x/../".to_owned()),
        10 => with(slash, "/help/..;/".to_owned()),
        11 => with(slash, "/%2e/".to_owned()),
        12 => with(slash, "/y/.%2E/".to_owned()),
        13 => with(slash, "\\".to_owned()),
        14 => with(slash, "%5C".to_owned()),
        15 if slash > 0 => with(inner, ";v=1/".to_owned()),
        16 => with(slash, "/;/".to_owned()),
        17 => format!("{path}%00.css"),
        18 => format!("{path}/"),
        19 => with(index, format!("{one}\u{200b}")),
        20 if one.is_ascii_graphic() => with(index, full_width(one).to_string()),
        21 => format!("/open/..{path}"),
        22 if slash > 0 && characters[slash - 1].is_ascii_alphanumeric() => with(slash, "./".to_owned()),
        _ => path.to_owned(),
    }
}

fn overlong(character: char) -> String {
    let code = u32::from(character);
    format!("%{:02x}%{:02x}", 0xc0 | code >> 6, 0x80 | code & 0x3f)
}

fn full_width(character: char) -> char {
    char::from_u32(u32::from(character) + 0xfee0).unwrap_or(character)
}

fn texts() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "/", "/", ".", "..", "%", "2", "f", "%2f", "%2e", "%25", "%00", "%c0", "%af", "%ff", "%u00", ";",
        "\\", "?", "#", "private", "open", "index", ".json", ".php", "_next", "data", "image", "(S(", "))",
        "(..)", "~1", ":$", "é", "／", "．", "\u{200b}", "\0", " ", "*", "url=", "&", "a",
    ]);
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn rule_texts() -> impl Strategy<Value = String> {
    let method = select(vec!["", "GET ", "POST ", "OPTIONS "]);
    let host = select(vec!["", "a.example.com", "*.example.com", "localhost"]);
    let segment = prop_oneof![
        select(vec!["*", "a", "b", "%20", "x%2Cy", "über", "%25", "%2A", "z.html", "index", "%3D"])
            .prop_map(str::to_owned),
        "[a-z]{1,6}",
    ];
    let requirement = select(vec![
        "",
        "=public",
        "=signed-in",
        "=second-factor",
        "=role:a",
        "=role:Team Lead",
        "=role:a=b",
    ]);
    (method, host, vec(segment, 0..4), requirement).prop_map(|(method, host, segments, requirement)| {
        format!("{method}{host}/{}{requirement}", segments.join("/"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn no_spelling_of_a_guarded_path_is_public(
        path in select(vec!["/private", "/private/x", "/private/help/y", "/x/team/edit", "/exact"]),
        changes in changes(),
        rules_text in select(vec![
            "/private/help=public, /open/*=public, /private/*, /*/team/edit, /exact",
            "/open/*=public, /help=public, /*",
        ]),
        has_next_paths in any::<bool>(),
        host in select(vec!["", "", "//host/", "///host", "http://host"]),
    ) {
        let rules = rules(rules_text);
        let rules = if has_next_paths { rules.with_next_paths() } else { rules };
        let spelling = changes.iter().fold(path.to_owned(), |path, change| apply(&path, change));
        let spelling = format!("{host}{spelling}");

        prop_assert_ne!(rules.decide(&get(&spelling)), Decision::Public, "{}", spelling);
    }

    #[test]
    fn rules_parse_as_they_are_written(texts in vec(rule_texts(), 1..5)) {
        if let Ok(rules) = AccessRules::parse(&texts.join(",")) {
            prop_assert_eq!(AccessRules::parse(&rules.to_string()), Ok(rules));
        }
    }

    #[test]
    fn any_request_is_decided(path in prop_oneof![".*", texts()], query in prop_oneof![".*", texts()], host in ".*") {
        let rules = rules("a.example.com/open/*=public, /private/*, /*/*/x=role:a").with_next_paths();
        let request = RuleRequest { method: "GET", host: Some(&host), path: &path, query: Some(&query) };

        let first = rules.decide(&request);

        prop_assert_eq!(rules.decide(&request), first);
    }

    #[test]
    fn a_guard_of_everything_leaves_no_path_public(path in prop_oneof![".*", texts()]) {
        prop_assert_ne!(rules("/*").decide(&get(&path)), Decision::Public);
    }

    #[test]
    fn a_public_exception_opens_only_what_lies_below_it(path in texts()) {
        let rules = rules("/open/*=public, /*");

        if rules.decide(&get(&path)) == Decision::Public {
            prop_assert!(path == "/open" || path.starts_with("/open/"), "{}", path);
            prop_assert!(!path.contains("..") || !path.contains("/.."), "{}", path);
        }
    }

    #[test]
    fn ordinary_public_paths_stay_public(path in "(/[a-z0-9_-]{1,8}){1,4}/?") {
        let rules = rules("/private/*, /team/*/edit=role:a").with_next_paths();
        let is_guarded = path.starts_with("/private/") || path == "/private" || path.starts_with("/team/");

        prop_assert!(is_guarded || rules.decide(&get(&path)) == Decision::Public, "{}", path);
    }
}
