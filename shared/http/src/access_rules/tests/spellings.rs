use super::*;

const RULES: &str =
    "/private/help=public, /docs/*=public, /private/*, /admin-settings=role:admin, /über/*, /a b/c";

fn table() -> AccessRules {
    rules(&RULES.replace("a b", "a%20b"))
}

#[test]
fn one_decoding_leads_to_the_requirement() {
    for (path, expected) in [
        ("/%70rivate/x", "signed-in"),
        ("/%50RIVATE", "signed-in"),
        ("/private%2Ex", "signed-in"),
        ("/private/%68elp", "signed-in"),
        ("/private/a%20b", "signed-in"),
        ("/private/%C3%A9t%C3%A9", "signed-in"),
        ("/private/100%25-off", "signed-in"),
        ("/private/What%3F", "signed-in"),
        ("/private/%E3%81%AA%E3%81%AB%EF%BC%9F", "signed-in"),
        ("/private/Inc.", "signed-in"),
        ("/private/wait%E2%80%A6", "signed-in"),
        ("/%C3%BCber", "signed-in"),
        ("/%C3%9CBER/x", "signed-in"),
        ("/u%CC%88ber/x", "signed-in"),
        ("/über/x", "signed-in"),
        ("/a%20b/c", "signed-in"),
        ("/A%20B/C", "signed-in"),
        ("/docs/%C3%A9t%C3%A9", "public"),
        ("/docs/%40user", "public"),
        ("/docs/%E3%81%AA%E3%81%AB%EF%BC%9F", "public"),
        ("/docs/What%3F", "public"),
        ("/%C3%A9t%C3%A9/%7Euser", "public"),
        ("/%70ublic", "public"),
    ] {
        assert_eq!(decide(&table(), path), expected, "{path}");
    }
}

/// Separated by spaces.
const AMBIGUOUS: &str = r"
    //private /private//x /private/x// /./private /x/../private /docs/../private /docs/..%2fprivate
    /docs/%2e%2e/private /docs/%2E./private /docs\..\private /docs/..%5cprivate /docs/..;/private
    /docs/..;x=y/private /private;x=y/z /private; /;x/private /%3b/private /private%2fx /private%2Fx
    /private%5cx /\private /private%00 /private%00.css /private%0a /private%0d%0a /pri%09vate
    /private%7f /private/%00 /private/help/../x /private/help%2f..%2fx /private/help%00 /%2570rivate
    /private%252fx /%25%37%30rivate /docs/%252e%252e/private /%u0070rivate /docs/..%u2215private
    /docs/..%c0%afprivate /docs/%c0%ae%c0%ae/private /%c1%b0rivate /docs/..%e0%80%afprivate
    /docs/..%c0%2fprivate /docs/..%c1%1cprivate /private%ff /%ffprivate /private/%ff /private/%
    /private/%zz //host/private //host.example:80/private /http://host/private C:/private http:private /\host/private
    ///host/private /.../private /..%20/private /%20/private /private/.. /private/../docs
    /docs/x/..;/..;/private /private%3bx/y /docs/..%01/private /docs/..%c2%85/private /private#x
    /private?x private /docs/..::$INDEX_ALLOCATION/private /docs%01/../private%00x /docs%01/../private%0ax
    /docs%23/../private%3fx /docs%3f/../private%23x
";

#[test]
fn ambiguous_spellings_of_guarded_paths_are_refused() {
    for path in AMBIGUOUS.split_whitespace() {
        assert_eq!(decide(&table(), path), "ambiguous", "{path}");
    }
    assert_eq!(decide(&table(), "/private/help/"), "public");
}

#[test]
fn characters_that_programs_replace_do_not_hide_a_guarded_path() {
    for (path, expected) in [
        ("/%EF%BD%90rivate", "signed-in"),
        ("/ｐｒｉｖａｔｅ/x", "signed-in"),
        ("/prıvate", "signed-in"),
        ("/admin-ſettings", "role:admin"),
        ("/pri%C2%ADvate", "signed-in"),
        ("/priv%E2%80%8Bate", "signed-in"),
        ("/priváte", "ambiguous"),
        ("/private%E2%80%A8", "ambiguous"),
        ("/docs/．．／private", "ambiguous"),
        ("/docs/‥/private", "ambiguous"),
        ("/docs／..／private", "ambiguous"),
        ("/docs/..∕private", "ambiguous"),
        ("/docs/％2e％2e/private", "ambiguous"),
        ("/private%3F/../", "ambiguous"),
        ("/private%23x", "ambiguous"),
        ("/private%3Fx", "ambiguous"),
        ("/uber/x", "public"),
    ] {
        assert_eq!(decide(&table(), path), expected, "{path}");
    }
}

#[test]
fn windows_names_do_not_hide_a_guarded_path() {
    for (path, expected) in [
        ("/private./x", "signed-in"),
        ("/private.", "signed-in"),
        ("/private%20/x", "signed-in"),
        ("/%20private/x", "signed-in"),
        ("/private::$DATA", "signed-in"),
        ("/private::$INDEX_ALLOCATION/x", "signed-in"),
        ("/private:$i30:$INDEX_ALLOCATION/x", "signed-in"),
        ("/PRIVAT~1/x", "signed-in"),
        ("/ADMIN-~1", "role:admin"),
        ("/ADMIN-~2.HTM", "role:admin"),
        ("/AD3F2A~1", "role:admin"),
        ("/~1/x", "public"),
        ("/~user", "public"),
        ("/docs~1", "public"),
    ] {
        assert_eq!(decide(&table(), path), expected, "{path}");
    }
}

#[test]
fn ambiguous_paths_elsewhere_pass() {
    for path in [
        "//",
        "/a//b",
        "/a/../b",
        "/a;b",
        "/a%2fb",
        "/%ff",
        "/%00",
        "/%zz",
        "*",
        "x",
        "/docs%2fx",
        "/docs/a;b",
        "/docs/a%2fb",
        "/npm/@scope%2fpackage",
        "/a\\b",
        "/%252e%252e/x",
        "/???",
    ] {
        assert_eq!(decide(&table(), path), "public", "{path}");
    }
}

#[test]
fn a_public_exception_matches_no_ambiguous_path() {
    let rules = rules("/docs/*=public, /*");

    for (path, expected) in [
        ("/docs/x", "public"),
        ("/docs/%5Bslug%5D/%40modal", "public"),
        ("/Docs/x", "signed-in"),
        ("/%64ocs/x", "signed-in"),
        ("/docs/a%2fb", "ambiguous"),
        ("/docs//x", "ambiguous"),
        ("/docs/../x", "ambiguous"),
        ("/docs/a;b", "ambiguous"),
    ] {
        assert_eq!(decide(&rules, path), expected, "{path}");
    }
}

#[test]
fn a_weaker_guard_does_not_hide_a_stronger_one() {
    let rules = rules("/docs/*=public, /admin/*=role:admin, /*");

    for (path, expected) in [
        ("/%61dmin/x", "role:admin"),
        ("/admin.json", "role:admin"),
        ("/%EF%BD%81dmin/x", "role:admin"),
        ("/docs%3F/x", "signed-in"),
        ("/ádmin/x", "ambiguous"),
        ("/x／../admin", "ambiguous"),
    ] {
        assert_eq!(decide(&rules, path), expected, "{path}");
    }
}

#[test]
fn a_path_with_too_many_readings_is_refused_if_there_is_a_guard() {
    let path = "/%252e;a\\b%u002f/..//".repeat(400);

    assert_eq!(decide(&rules("/x"), &path), "ambiguous");
    assert_eq!(decide(&rules("DELETE /x, /y=public"), &path), "public");
}
