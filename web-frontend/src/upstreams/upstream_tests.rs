use super::*;

#[test]
fn the_prefix_is_replaced_and_the_rest_is_kept() {
    let upstream = parse("/backend=https://api.example.com/v1/");
    let cases = [
        ("/backend", None, "https://api.example.com/v1"),
        ("/backend/", None, "https://api.example.com/v1/"),
        ("/backend/a%20b/c", Some("d=%2F&e"), "https://api.example.com/v1/a%20b/c?d=%2F&e"),
        ("/backend/a%2Fb;c=d/..e/f..", None, "https://api.example.com/v1/a%2Fb;c=d/..e/f.."),
        ("/backend//evil.example/", None, "https://api.example.com/v1//evil.example/"),
    ];

    for (path, query, expected) in cases {
        let url = upstream.url(path, query);
        assert_eq!(url.as_ref().map(Url::as_str), Some(expected), "{path}");
    }
    assert_eq!(upstream.url("/backendx", None), None);
}

#[test]
fn a_target_without_a_path_is_possible() {
    let upstream = parse("/backend/files=http://10.0.0.7:9000");

    let url = |path| upstream.url(path, None).unwrap().to_string();

    assert_eq!(url("/backend/files"), "http://10.0.0.7:9000/");
    assert_eq!(url("/backend/files/x"), "http://10.0.0.7:9000/x");
}

#[test]
fn the_audience_is_the_targets_origin_unless_it_is_named() {
    for (entry, expected) in [
        ("/backend=https://api.example.com/v1", "https://api.example.com"),
        ("/backend=http://api:4000", "http://api:4000"),
        ("/backend=https://api.example.com audience=orders", "orders"),
    ] {
        assert_eq!(parse(entry).audience.as_str(), expected, "{entry}");
    }
}

#[test]
fn plain_http_over_a_public_network_must_be_asked_for() {
    let error = parse_list("/backend=http://api.example.com").unwrap_err();
    assert!(error.contains("plain-http"), "{error}");

    let upstream = parse("/backend=http://api.example.com plain-http");
    assert_eq!(upstream.target.scheme(), "http");
}

#[test]
fn the_longest_prefix_comes_first() {
    let list = parse_list("/backend=http://a.internal, /backend/files=http://b.internal").unwrap();

    assert_eq!(list[0].prefix, "/backend/files");
}

#[test]
fn no_path_leads_outside_of_the_target() {
    let upstream = parse("/backend=https://api.example.com/v1");
    let paths = [
        "/backend/../admin",
        "/backend/x/../../admin",
        "/backend/%2e%2e/admin",
        "/backend/.%2E/admin",
        "/backend/./x",
        "/backend/\\..\\admin",
        "/backend/..",
        "/backend/..%2fadmin",
        "/backend/%2e%2e%2fadmin",
        "/backend/x%2f..%2f..%2fadmin",
        "/backend/..%5cadmin",
        "/backend/..;/admin",
        "/backend/.;a=b/x",
    ];

    for path in paths {
        assert_eq!(upstream.url(path, None), None, "{path}");
    }
}

#[test]
fn invalid_entries_are_explained() {
    let cases = [
        ("no URL", "/backend", "a URL"),
        ("relative path", "backend=http://a.example", "such as /backend"),
        ("the whole origin", "/=http://a.example", "such as /backend"),
        ("dot segment", "/b/../c=http://a.example", "such as /backend"),
        ("other scheme", "/b=ftp://a.example", "http://"),
        ("query", "/b=https://a.example?x", "may only have"),
        ("same prefix", "/b=https://a.example,/b/=https://c.example", "lists /b twice"),
        ("unknown option", "/b=https://a.example aud=x", "only audience=NAME"),
        ("invalid audience", "/b=https://a.example audience=", "its audience must be"),
        (
            "missing authorities",
            "/b=https://a.example ca=/nowhere.pem",
            "names /nowhere.pem, which cannot be read",
        ),
    ];

    for (case, text, expected) in cases {
        let error = parse_list(text).unwrap_err();
        assert!(error.contains(expected), "{case}: {error}");
    }
}

#[test]
fn an_application_has_a_url_without_a_path() {
    for text in ["http://localhost:3000", "http://app:3000/ audience=shop", "https://app.example.com"] {
        assert_eq!(Upstream::parse_app(text).unwrap().prefix, "", "{text}");
    }
    for (text, expected) in [
        ("http://localhost:3000/base", "without a path"),
        ("http://app.example.com", "plain http"),
        ("localhost:3000", "http://"),
        ("", "URL is invalid"),
    ] {
        let error = Upstream::parse_app(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn an_application_near_by_receives_the_public_host() {
    let host = |text: &str| Upstream::parse_app(text).unwrap().host;

    assert_eq!(host("http://localhost:3000"), HostHeader::Public);
    assert_eq!(host("http://app:3000"), HostHeader::Public);
    assert_eq!(host("https://app.vercel.app"), HostHeader::Target);
    assert_eq!(host("https://app.vercel.app host=public"), HostHeader::Public);
    assert_eq!(host("http://localhost:3000 host=target"), HostHeader::Target);
    assert_eq!(parse("/backend=http://localhost:4000").host, HostHeader::Target);
}

#[test]
fn only_the_pages_path_is_reserved_where_the_pages_have_one() {
    let environment = drawbridge_core::settings::fixed([("PAGES_PATH", "/a/auth")]);
    let pages = PagesPath::read(&mut drawbridge_core::settings::Reader::new(&environment));
    let parse = |prefix: &str| Upstream::parse_list(&format!("{prefix}=http://a.internal"), &pages);

    for prefix in ["/login", "/api", "/a/authors", "/.well-known/assetlinks.json"] {
        assert!(parse(prefix).is_ok(), "{prefix}");
    }
    for prefix in ["/a/auth", "/a/auth/x", "/a", "/.well-known/jwks.json", METADATA_PATH] {
        let error = parse(prefix).unwrap_err();
        assert!(error.contains("belongs to Drawbridge"), "{prefix}: {error}");
    }
}

#[test]
fn paths_of_drawbridge_are_refused() {
    for own in OWN_PATHS.into_iter().chain([METADATA_PATH, PUBLIC_KEYS_PATH]) {
        for prefix in [own.to_owned(), format!("{own}/below")] {
            let error = parse_list(&format!("{prefix}=http://a.example")).unwrap_err();
            assert!(error.contains(&format!("{own} belongs to Drawbridge")), "{prefix}: {error}");
        }
    }
    assert!(parse_list("/apis=https://a.example").is_ok(), "only a similar name");
}

fn parse_list(text: &str) -> Result<Vec<Upstream>, String> {
    Upstream::parse_list(text, &PagesPath::default())
}

fn parse(entry: &str) -> Upstream {
    Upstream::parse(entry, &PagesPath::default()).unwrap()
}
