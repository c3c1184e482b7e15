use drawbridge_cookies::UpstreamPaths;
use drawbridge_core::origin::Origin;
use url::Url;

use super::*;

const HTTP: &str = "http://localhost:8080";

/// Rewrites a value with `rewrite`, in the response of `requested`, which is below `target`.
struct Setup {
    prefix: &'static str,
    target: &'static str,
    requested: &'static str,
    public_origin: &'static str,
}

/// An upstream with a path.
const VERSIONED: Setup = Setup {
    prefix: "/backend",
    target: "http://api:4000/v1",
    requested: "http://api:4000/v1/a/b?c",
    public_origin: HTTP,
};

/// An upstream without a path.
const PLAIN: Setup = Setup {
    prefix: "/backend",
    target: "http://api:4000/",
    requested: "http://api:4000/a/b",
    public_origin: "https://app.example.com",
};

/// An application at the root.
const ROOT: Setup = Setup {
    prefix: "",
    target: "http://localhost:3000/",
    requested: "http://localhost:3000/a/b",
    public_origin: HTTP,
};

fn is_own_page(path: &str) -> bool {
    path == "/auth" || path.starts_with("/auth/")
}

impl Setup {
    fn with<T>(&self, act: impl FnOnce(&UrlSource) -> T) -> T {
        let target: Url = self.target.parse().unwrap();
        act(&UrlSource {
            paths: UpstreamPaths { prefix: self.prefix, target: target.path().trim_end_matches('/') },
            target: &target,
            requested: &self.requested.parse().unwrap(),
            public_origin: &Origin::parse(self.public_origin).unwrap(),
            is_kept: &is_own_page,
        })
    }

    fn rewrite(&self, value: &str) -> Rewritten {
        self.with(|source| rewrite_url(value.as_bytes(), source))
    }

    #[track_caller]
    fn assert_replaced(&self, cases: &[(&str, &str)]) {
        for (value, expected) in cases {
            assert_eq!(self.rewrite(value), Rewritten::Replace((*expected).to_owned()), "{value}");
        }
    }

    #[track_caller]
    fn assert_kept(&self, values: &[&str]) {
        for value in values {
            assert_eq!(self.rewrite(value), Rewritten::Keep, "{value}");
        }
    }
}

#[test]
fn urls_of_the_upstream_become_public_paths() {
    VERSIONED.assert_replaced(&[
        ("/v1/c?d=e#f", "/backend/c?d=e#f"),
        ("/v1", "/backend"),
        ("c", "/backend/a/c"),
        ("../c", "/backend/c"),
        ("?d", "/backend/a/b?d"),
        ("http://api:4000/v1/c", "/backend/c"),
        ("//api:4000/v1/c", "/backend/c"),
        ("https://api:4000/v1/c", "/backend/c"),
        ("HTTP://user:secret@API:4000/v1/c", "/backend/c"),
        ("http://api:4000/v1//evil.example/", "/backend//evil.example/"),
    ]);
}

#[test]
fn urls_on_the_public_origin_get_the_prefix() {
    VERSIONED.assert_replaced(&[
        ("http://localhost:8080/home?a#b", "http://localhost:8080/backend/home?a#b"),
        ("http://localhost:8080/v1/home", "http://localhost:8080/backend/home"),
        ("//localhost:8080/home", "http://localhost:8080/backend/home"),
        ("http://localhost:8080", "http://localhost:8080/backend/"),
        ("http://localhost:8080//evil.example", "http://localhost:8080/backend//evil.example"),
    ]);
    PLAIN.assert_replaced(&[
        ("https://app.example.com/home", "https://app.example.com/backend/home"),
        ("http://app.example.com/home", "https://app.example.com/backend/home"),
        ("http://app.example.com/backend/home", "https://app.example.com/backend/home"),
    ]);
}

#[test]
fn urls_that_have_the_prefix_are_kept() {
    VERSIONED.assert_kept(&["http://localhost:8080/backend/home", "http://localhost:8080/backend?a"]);
    VERSIONED.assert_kept(&["/backend/home", "/backend"]);
    PLAIN.assert_kept(&["https://app.example.com/backend/home", "/backend/home?a#b"]);
    PLAIN.assert_replaced(&[("http://api:4000/backend/home", "/backend/home")]);
}

#[test]
fn other_origins_are_kept() {
    VERSIONED.assert_kept(&[
        "https://idp.example/authorize?redirect_uri=http://localhost:8080/backend",
        "//idp.example/v1/c",
        "http://api:4001/v1/c",
        "https://localhost:8080/home",
        "ftp://api:4000/v1/c",
        "mailto:ada@example.com",
        "app.example:/callback",
    ]);
}

#[test]
fn spellings_that_browsers_accept_are_recognized() {
    VERSIONED.assert_replaced(&[
        (r"\v1\c", "/backend/c"),
        (r"\\api:4000\v1\c", "/backend/c"),
        (r"/\api:4000/v1/c", "/backend/c"),
        (r"http:\\localhost:8080\home", "http://localhost:8080/backend/home"),
        ("http:///api:4000/v1/c", "/backend/c"),
        ("http:/v1/c", "/backend/c"),
        (" \t/v1/c ", "/backend/c"),
        ("ht\ttp://a\tpi:4000/v1/c", "/backend/c"),
        ("http://%61pi:4000/v1/c", "/backend/c"),
        ("http://\u{ff41}pi:4000/v1/c", "/backend/c"),
        ("/v1/é?ü", "/backend/%C3%A9?%C3%BC"),
        ("/v1/x/%2e%2E/c", "/backend/c"),
        ("/./v1/c", "/backend/c"),
    ]);
    PLAIN.assert_replaced(&[
        ("https:/home", "/backend/home"),
        ("https:home", "/backend/a/home"),
        ("https:/home:x/", "/backend/home:x/"),
    ]);
    let latin = VERSIONED.with(|source| rewrite_url(b"/v1/caf\xe9", source));
    assert_eq!(latin, Rewritten::Replace("/backend/caf%E9".into()));
}

#[test]
fn paths_without_a_public_path_are_outside() {
    for value in
        ["/other", "/v10/x", "../../other", "/v1/%2e%2e/other", "http://api:4000/", "//api:4000/other"]
    {
        assert_eq!(VERSIONED.rewrite(value), Rewritten::Outside, "{value}");
    }
}

#[test]
fn values_that_browsers_cannot_parse_are_kept() {
    VERSIONED.assert_kept(&["", "  ", "http://", "http://[::1", "http://a b/", "http://api:99999/v1"]);
}

#[test]
fn an_application_at_the_root_keeps_its_paths() {
    ROOT.assert_kept(&["/c?d", "http://localhost:8080/c", "https://idp.example/"]);
    ROOT.assert_replaced(&[
        ("http://localhost:3000/c", "/c"),
        ("http://localhost:3000//evil.example/c", "http://localhost:8080//evil.example/c"),
        ("c", "/a/c"),
    ]);
}

#[test]
fn each_link_of_a_link_field_is_rewritten() {
    for (value, expected) in [
        ("</v1/c>; rel=preload", Some("</backend/c>; rel=preload")),
        (
            "<c?page=1,2>; rel=\"next, last\"; title=\"a \\\", <b>\" , </v1/d> ;rel=prev",
            Some(
                "</backend/a/c?page=1,2>; rel=\"next, last\"; title=\"a \\\", <b>\" , </backend/d> ;rel=prev",
            ),
        ),
        ("<https://cdn.example/a>; rel=x, </other>; rel=y", Some("<https://cdn.example/a>; rel=x")),
        ("</other>; rel=y", None),
        ("</v1/c>; a<b, </v1/d>", Some("</backend/c>; a<b, </backend/d>")),
        ("no link, <unclosed", Some("no link, <unclosed")),
        ("", Some("")),
    ] {
        let rewritten = VERSIONED.with(|source| rewrite_link(value.as_bytes(), source));
        assert_eq!(rewritten.as_deref(), expected.map(str::as_bytes), "{value}");
    }
}

#[test]
fn the_url_of_a_refresh_field_is_rewritten() {
    for (value, expected) in [
        ("5; url=/v1/c", Some("5; url=/backend/c")),
        ("0;URL = '/v1/c?a=\"b\"' ignored", Some("0; url=/backend/c?a=%22b%22")),
        ("5, \"/v1/c", Some("5; url=/backend/c")),
        ("1.5 /v1/c", Some("1.5; url=/backend/c")),
        ("5; urls/c", Some("5; url=/backend/a/urls/c")),
        ("5; url=https://idp.example/", Some("5; url=https://idp.example/")),
        ("5", Some("5")),
        ("5;", Some("5;")),
        ("5x /v1/c", Some("5x /v1/c")),
        ("soon; url=/v1/c", Some("soon; url=/v1/c")),
        ("5; url=/other", None),
    ] {
        let rewritten = VERSIONED.with(|source| rewrite_refresh(value.as_bytes(), source));
        assert_eq!(rewritten.as_deref(), expected.map(str::as_bytes), "{value}");
    }
}
