use super::*;

#[test]
fn the_first_rule_that_matches_decides() {
    let rules = rules(
        "/private/help=public, /private/admin/*=role:admin, /private/*, /team/*/edit=second-factor, /p",
    );

    for (path, expected) in [
        ("/", "public"),
        ("", "public"),
        ("/elsewhere", "public"),
        ("/privateer", "public"),
        ("/private", "signed-in"),
        ("/private/", "signed-in"),
        ("/private/x/y", "signed-in"),
        ("/PRIVATE/x", "signed-in"),
        ("/private/help", "public"),
        ("/private/help/", "public"),
        ("/private/help/x", "signed-in"),
        ("/private/Help", "signed-in"),
        ("/private/admin", "role:admin"),
        ("/private/Admin/x", "role:admin"),
        ("/private/administrator", "signed-in"),
        ("/team/a/edit", "second-factor"),
        ("/team/a/b/edit", "public"),
        ("/team/edit", "public"),
        ("/team/a/edit/b", "public"),
        ("/p", "signed-in"),
        ("/p/x", "public"),
    ] {
        assert_eq!(decide(&rules, path), expected, "{path}");
    }
}

#[test]
fn a_rule_for_the_root_names_one_page() {
    let rules = rules("/");

    for (path, expected) in [
        ("/", "signed-in"),
        ("", "signed-in"),
        ("/index.html", "signed-in"),
        ("/_root.data", "signed-in"),
        ("/x", "public"),
        ("/index/x", "public"),
    ] {
        assert_eq!(decide(&rules, path), expected, "{path}");
    }
}

#[test]
fn without_rules_everything_is_public() {
    for path in ["/", "/private", "/%2e%2e//;\\%00", "no-slash"] {
        assert_eq!(decide(&AccessRules::default(), path), "public", "{path}");
    }
}

#[test]
fn a_rule_with_a_method_falls_through_for_others() {
    let rules = rules("GET /api/*=public, POST /api/keys=second-factor, /api/*, DELETE /x, GET /y");
    let decide = |method, path| describe(&rules.decide(&RuleRequest { method, ..get(path) }));

    for (method, path, expected) in [
        ("GET", "/api/keys", "public"),
        ("HEAD", "/api/keys", "public"),
        ("get", "/api/keys", "signed-in"),
        ("POST", "/api/keys", "second-factor"),
        ("post", "/api/keys", "second-factor"),
        ("PUT", "/api/keys", "signed-in"),
        ("PROPFIND", "/api/keys", "signed-in"),
        ("DELETE", "/x", "signed-in"),
        ("GET", "/x", "public"),
        ("GET", "//x", "public"),
        ("DELETE", "//x", "ambiguous"),
        ("HEAD", "/y", "signed-in"),
        ("head", "/y", "signed-in"),
    ] {
        assert_eq!(decide(method, path), expected, "{method} {path}");
    }
}

#[test]
fn a_rule_with_a_host_counts_for_that_host() {
    let rules = rules("a.example.com/help=public, a.example.com/*=role:a, *.example.com/x");
    let decide = |host, path| describe(&rules.decide(&RuleRequest { host, ..get(path) }));

    for (host, path, expected) in [
        (Some("a.example.com"), "/x", "role:a"),
        (Some("A.Example.COM:8443"), "/x", "role:a"),
        (Some("a.example.com."), "/x", "role:a"),
        (Some("a.example.com"), "/help", "public"),
        (Some("b.example.com"), "/x", "signed-in"),
        (Some("c.b.example.com"), "/x", "signed-in"),
        (Some("b.example.com"), "/y", "public"),
        (Some("example.com"), "/x", "public"),
        (Some("notexample.com"), "/x", "public"),
        (Some(".example.com"), "/x", "public"),
        (Some("[::1]:8080"), "/x", "public"),
        (Some("127.0.0.1"), "/x", "public"),
        (None, "/help", "role:a"),
        (Some(""), "/x", "role:a"),
        (Some("b.example.com@a.example.com"), "/x", "role:a"),
        (Some("a.example.com:80a"), "/x", "role:a"),
        (Some("a%2eexample.com"), "/x", "role:a"),
        (Some("ａ.example.com"), "/x", "role:a"),
        (Some("b.example.com, a.example.com"), "/x", "role:a"),
    ] {
        assert_eq!(decide(host, path), expected, "{host:?} {path}");
    }
}

#[test]
fn a_guard_covers_names_that_frameworks_add() {
    let rules = rules("/report=role:r, /files/*, /old/index.html, /page.html");

    for (path, expected) in [
        ("/report.json", "role:r"),
        ("/Report.html.gz", "role:r"),
        ("/report/index.html", "role:r"),
        ("/report/default.aspx", "role:r"),
        ("/report/__data.json", "role:r"),
        ("/report/_payload.json", "role:r"),
        ("/report/__next._tree.txt", "role:r"),
        ("/report.php/extra", "role:r"),
        ("/reports", "public"),
        ("/report/other", "public"),
        ("/report.d/other", "public"),
        ("/report-2.json", "public"),
        ("/files.zip", "signed-in"),
        ("/files.d/x", "public"),
        ("/old", "signed-in"),
        ("/old/", "signed-in"),
        ("/old/index.html", "signed-in"),
        ("/page", "signed-in"),
        ("/page.html", "signed-in"),
    ] {
        assert_eq!(decide(&rules, path), expected, "{path}");
    }
}

#[test]
fn a_rule_for_a_path_precedes_a_guard_of_an_alias() {
    let rules = rules("/app/*=role:a, /app.css=public, /app.internal=role:b, /app.old/*=second-factor, /*");

    for (path, expected) in [
        ("/app.css", "public"),
        ("/app.CSS", "role:a"),
        ("/app.internal", "role:b"),
        ("/app.js", "role:a"),
        ("/app.old", "role:a"),
        ("/app.old/x", "second-factor"),
        ("/other.js", "signed-in"),
    ] {
        assert_eq!(decide(&rules, path), expected, "{path}");
    }
}

#[test]
fn front_controllers_serve_what_follows_them() {
    let rules = rules("/private/*=role:a, /index.php/open=public, /index.php/*");

    for (path, expected) in [
        ("/index.php/private/x", "role:a"),
        ("/INDEX.PHP/private", "role:a"),
        ("/dispatch.fcgi/private/x", "role:a"),
        ("/public/index.php/private/x", "role:a"),
        ("/sub/../index.php/private", "ambiguous"),
        ("/(S(lit3py55t21z5v55vlm25s55))/private/x", "role:a"),
        ("/(A(x)S(y))/index.php/private", "role:a"),
        ("/index.php/open", "signed-in"),
        ("/index.js/private", "public"),
        ("/wiki/(S(x))/y", "public"),
    ] {
        assert_eq!(decide(&rules, path), expected, "{path}");
    }
    assert_eq!(rules.decide(&get("/index.php/private")), role("a"));
}
