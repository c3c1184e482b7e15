use super::{super::RuleRow, *};

#[test]
fn the_table_lists_the_parts_of_each_rule() {
    let rules = rules(
        "/private/help=public, GET grafana.example.com/admin/*=role:Team Lead\n/a/*/b=second-factor,/x",
    );

    let table = rules.table();

    let row = |method, host: Option<&str>, path: &str, requirement| RuleRow {
        method,
        host: host.map(str::to_owned),
        path: path.to_owned(),
        requirement,
    };
    let lead = Requirement::Role("Team Lead".to_owned());
    assert_eq!(
        table,
        [
            row(None, None, "/private/help", None),
            row(Some("GET"), Some("grafana.example.com"), "/admin/*", Some(lead)),
            row(None, None, "/a/*/b", Some(Requirement::SecondFactor)),
            row(None, None, "/x", Some(Requirement::SignedIn)),
        ]
    );
}

#[test]
fn rules_are_written_as_they_parse() {
    for (text, expected) in [
        ("/private/*", "/private/*=signed-in"),
        ("/", "/=signed-in"),
        ("/*=public", "/*=public"),
        ("\n  /a/ ,\n POST  *.Example.com/b=role: ops \n", "/a=signed-in, POST *.example.com/b=role:ops"),
        ("/my%20page/50%25/a%2Cb%3Dc%2A", "/my%20page/50%25/a%2Cb%3Dc%2A=signed-in"),
        ("/%C3%BCber", "/über=signed-in"),
        ("localhost/%70rivate", "localhost/private=signed-in"),
        ("/x=role:a=b", "/x=role:a=b"),
    ] {
        let rules = rules(text);

        assert_eq!(rules.to_string(), expected, "{text:?}");
        assert_eq!(AccessRules::parse(expected), Ok(rules), "{text:?}");
    }
}

#[test]
fn an_invalid_rule_is_refused_with_its_text() {
    for (text, reason) in [
        ("private/*", "\"private\" is not a host"),
        ("private", "begins with /"),
        ("https://app.example.com/x", "without scheme and port"),
        ("localhost:8080/x", "without scheme and port"),
        ("bücher.example/x", "xn--"),
        ("*/x", "is not a host"),
        ("a..b/x", "is not a host"),
        ("/pri*", "replaces a whole segment"),
        ("/private/**", "replaces a whole segment"),
        ("/a//b", "is empty"),
        ("/a/../b", "dot segment"),
        ("/a/%2e%2e", "dot segment"),
        ("/a%2Fb", "special meaning"),
        ("/a%252Fb", "special meaning"),
        ("/a;b", "special meaning"),
        ("/a\\b", "special meaning"),
        ("/a%00", "special meaning"),
        ("/a%ff", "special meaning"),
        ("/a%", "special meaning"),
        ("/a?b", "paths only"),
        ("/a b", "%20"),
        ("GTE /a", "not a method"),
        ("get /a", "not a method"),
        ("HEAD /a", "counts as GET"),
        ("/a=", "must be public"),
        ("/a=signed_in", "must be public"),
        ("/a=b=public", "%3D"),
        ("/a=role:", "not a role"),
    ] {
        let error = AccessRules::parse(text).expect_err(text);

        assert!(error.starts_with(&format!("has the invalid rule \"{text}\": ")), "{text}: {error}");
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn text_without_rules_is_refused() {
    for text in ["", " , \n"] {
        assert!(AccessRules::parse(text).is_err(), "{text:?}");
    }
    assert!(AccessRules::default().is_empty());
    assert!(!rules("/x").is_empty());
}

#[test]
fn a_rule_that_is_never_used_is_refused() {
    for text in [
        "/*=public, /private/*",
        "/private/*, /private/help=public",
        "/private/*, /PRIVATE",
        "/a, /a=role:x",
        "/a/*/c, /a/b/c",
        "*.example.com/*, a.example.com/x",
        "*.example.com/x, *.b.example.com/x",
        "/x, GET a.example.com/x",
    ] {
        let error = AccessRules::parse(text).expect_err(text);
        assert!(error.contains("which covers it already"), "{text}: {error}");
    }
}

#[test]
fn a_rule_that_some_requests_reach_is_accepted() {
    for text in [
        "/private/help=public, /private/*",
        "/private/*=public, /PRIVATE/*",
        "/private, /private/*",
        "/a/b/c, /a/*/c",
        "GET /x, /x",
        "POST /x, GET /x",
        "a.example.com/*, *.example.com/*, /*",
        "*.example.com/x, example.com/x",
    ] {
        assert!(AccessRules::parse(text).is_ok(), "{text}");
    }
}
