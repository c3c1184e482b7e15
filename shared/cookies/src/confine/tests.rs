use super::*;

const HTTPS: &str = "https://app.example.com";
const HTTP: &str = "http://localhost:8080";

/// Confines a cookie to `prefix`, behind which the upstream has its paths below `target`.
fn confine(origin: &str, prefix: &str, target: &str, set_cookie: &[u8]) -> Result<String, UnusableCookie> {
    let confinement = Confinement {
        paths: UpstreamPaths { prefix, target },
        public_origin: &Origin::parse(origin).unwrap(),
        is_reserved: &|name| name == "token",
    };
    confinement.confine(set_cookie).map(|confined| String::from_utf8_lossy(&confined).into_owned())
}

#[track_caller]
fn assert_confined(origin: &str, set_cookie: &str, expected: &str) {
    let confined = confine(origin, "/backend", "/v1", set_cookie.as_bytes());
    assert_eq!(confined.as_deref(), Ok(expected), "{set_cookie}");
}

#[test]
fn a_cookie_is_confined_to_the_prefix() {
    for (set_cookie, expected) in [
        ("a=b", "a=b; Path=/backend; Secure"),
        ("a=b; Path=/", "a=b; Path=/backend; Secure"),
        ("a=b; Path=x", "a=b; Path=/backend; Secure"),
        ("a=b; Path=", "a=b; Path=/backend; Secure"),
        ("a=b; Path=/backend/x", "a=b; Path=/backend/x; Secure"),
        ("a=b; Path=/elsewhere", "a=b; Path=/backend; Secure"),
        ("a=b; Domain=api.example.com", "a=b; Path=/backend; Secure"),
        ("a=b; Domain=example.com", "a=b; Path=/backend; Secure"),
    ] {
        assert_confined(HTTPS, set_cookie, expected);
    }
}

#[test]
fn the_path_of_the_target_becomes_the_prefix() {
    for (target, path, expected) in [
        ("/v1", "/v1", "/backend"),
        ("/v1", "/v1/", "/backend/"),
        ("/v1", "/v1/admin", "/backend/admin"),
        ("/v1", "/v10", "/backend"),
        ("", "/v1", "/backend/v1"),
        ("", "/admin/", "/backend/admin/"),
        ("", "/backends", "/backend/backends"),
        ("/backend", "/backend", "/backend"),
    ] {
        let set_cookie = format!("a=b; Path={path}");
        let confined = confine(HTTP, "/backend", target, set_cookie.as_bytes());
        assert_eq!(confined, Ok(format!("a=b; Path={expected}")), "{path} of a target at {target}");
    }
}

#[test]
fn a_cookie_on_plain_http_is_an_ordinary_one() {
    for (set_cookie, expected) in [
        ("a=b; Secure", "a=b; Path=/backend"),
        ("a=b; SameSite=None; Secure", "a=b; SameSite=Lax; Path=/backend"),
        ("a=b; samesite = NONE", "a=b; SameSite=Lax; Path=/backend"),
        ("a=b; Secure; SameSite=None; Partitioned", "a=b; SameSite=Lax; Path=/backend"),
        ("a=b; Secure; SameSite=Strict; HttpOnly", "a=b; HttpOnly; SameSite=Strict; Path=/backend"),
    ] {
        assert_confined(HTTP, set_cookie, expected);
    }
}

#[test]
fn a_cookie_on_https_gets_the_secure_that_it_needs() {
    for (set_cookie, expected) in [
        ("a=b; SameSite=None", "a=b; SameSite=None; Path=/backend; Secure"),
        ("a=b; Partitioned", "a=b; Path=/backend; Secure; Partitioned"),
        ("a=b; SECURE; samesite=lax", "a=b; SameSite=Lax; Path=/backend; Secure"),
    ] {
        assert_confined(HTTPS, set_cookie, expected);
    }
}

#[test]
fn attributes_are_read_like_browsers_do() {
    let long = "x".repeat(ATTRIBUTE_MAX_BYTES + 1);
    for (set_cookie, expected) in [
        (" a = b \t; \tpath = /v1/x ;; ", "a=b; Path=/backend/x"),
        ("a=b; Path=/v1/x; Path=/v1/y", "a=b; Path=/backend/y"),
        ("a=b; Path=/v1/x; Path=y", "a=b; Path=/backend"),
        ("a=b; SameSite=Strict; SameSite=Lax", "a=b; SameSite=Lax; Path=/backend"),
        ("a=b; SameSite=Strict; SameSite=Maybe", "a=b; Path=/backend"),
        ("a=b=c; Max-Age=5; Priority=High", "a=b=c; Max-Age=5; Priority=High; Path=/backend"),
        ("a=\"b; Path=/\"", "a=\"b; Path=/backend"),
        (
            "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/backend",
        ),
        (&format!("a=b; Path=/v1/x; Path=/{long}; Max-Age={long}"), "a=b; Path=/backend/x"),
        (&format!("a=b; Path=/v1/{}", "x".repeat(1020)), "a=b; Path=/backend"),
    ] {
        assert_confined(HTTP, set_cookie, expected);
    }
}

#[test]
fn bytes_that_are_not_utf8_stay() {
    let confinement = Confinement {
        paths: UpstreamPaths { prefix: "/backend", target: "" },
        public_origin: &Origin::parse(HTTP).unwrap(),
        is_reserved: &|_| false,
    };

    let confined = confinement.confine(b"a=J\xfc; Path=/\xfc");

    assert_eq!(confined.as_deref(), Ok(b"a=J\xfc; Path=/backend".as_slice()));
}

#[test]
fn some_cookies_cannot_be_passed_on() {
    use UnusableCookie::{Malformed, NamePrefix, Reserved, TooLong};

    let long = format!("a={}", "x".repeat(COOKIE_MAX_BYTES));
    for (case, set_cookie, expected) in [
        ("empty", "", Malformed),
        ("no name", "=token=1", Malformed),
        ("blank name", " \t=1", Malformed),
        ("name of other whitespace", "\u{a0}=1", Malformed),
        ("prefix of a name after other whitespace", "\u{a0}__Host-x=1; Secure; Path=/", Malformed),
        ("no value", "novalue", Malformed),
        ("control character", "a=b\x01", Malformed),
        ("too long", long.as_str(), TooLong),
        ("reserved name", "token=evil", Reserved),
        ("reserved name between blanks", "\t token =evil", Reserved),
        ("reserved name between other whitespace", "\u{a0}token=evil", Reserved),
        ("__Host- below a prefix", "__Host-x=1; Secure; Path=/", NamePrefix),
        ("__Host- in other case", "__hOST-x=1; Secure; Path=/", NamePrefix),
        ("__Http- without HttpOnly", "__Http-x=1; Secure", NamePrefix),
    ] {
        for origin in [HTTP, HTTPS] {
            let confined = confine(origin, "/backend", "/v1", set_cookie.as_bytes());
            assert_eq!(confined, Err(expected), "{case} on {origin}");
        }
    }
}

#[test]
fn prefixes_of_names_are_kept_with_secure() {
    for origin in [HTTP, HTTPS] {
        assert_confined(origin, "__Secure-x=1; Secure", "__Secure-x=1; Path=/backend; Secure");
        assert_confined(origin, "__Http-x=1; HttpOnly", "__Http-x=1; HttpOnly; Path=/backend; Secure");
    }
}

#[test]
fn an_application_at_the_root_keeps_its_cookies() {
    for (origin, set_cookie, expected) in [
        (HTTPS, "a=b", "a=b"),
        (HTTPS, "a=b; Path=/x/", "a=b; Path=/x/"),
        (HTTPS, "a=b; Path=/; Secure", "a=b; Path=/; Secure"),
        (HTTPS, "a=b; SameSite=None", "a=b; SameSite=None; Secure"),
        (HTTPS, "__Host-x=1; Secure; Path=/", "__Host-x=1; Path=/; Secure"),
        (HTTPS, "a=b; Domain=.Example.com", "a=b; Domain=example.com"),
        (HTTPS, "a=b; Domain=app.internal", "a=b"),
        (HTTPS, "a=b; Domain=com", "a=b"),
        (HTTP, "__Host-x=1; Secure; Path=/", "__Host-x=1; Path=/; Secure"),
        (HTTP, "a=b; Secure; SameSite=None; Path=/", "a=b; SameSite=Lax; Path=/"),
        (HTTP, "a=b; Domain=localhost", "a=b"),
    ] {
        let confined = confine(origin, "", "", set_cookie.as_bytes());
        assert_eq!(confined.as_deref(), Ok(expected), "{set_cookie} on {origin}");
    }

    let without_path = confine(HTTPS, "", "", b"__Host-x=1; Secure");
    assert_eq!(without_path, Err(UnusableCookie::NamePrefix), "browsers refuse it as well");
}
