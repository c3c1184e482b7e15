use super::*;

fn localhost() -> SessionCookie {
    SessionCookie::for_frontend(&Origin::parse("http://localhost").unwrap(), None).unwrap()
}

fn shared(previous: &str) -> SessionCookie {
    let app = Origin::parse("https://app.example.com").unwrap();
    let api = Origin::parse("https://api.example.com").unwrap();
    let topology = Topology { frontend: &app, backend: Some(&api), mode: CookieMode::Shared, name: None };
    SessionCookie::new(topology.policy().unwrap(), PreviousCookie::parse_list(previous).unwrap())
}

fn headers<'a>(
    authorization: Option<&'a str>,
    cookies: &'a [&'a str],
) -> TokenHeaders<'a, impl Iterator<Item = &'a [u8]> + Clone> {
    TokenHeaders {
        authorization: authorization.map(str::as_bytes),
        cookies: cookies.iter().map(|field| field.as_bytes()),
    }
}

#[test]
fn an_issued_cookie_is_host_only_and_hidden_from_scripts() {
    let now = DateTime::UNIX_EPOCH;
    let end = now + chrono::TimeDelta::seconds(60);
    let origin = Origin::parse("https://app.example.com").unwrap();
    let cookie = SessionCookie::for_frontend(&origin, None).unwrap();

    let issued = cookie.issue("t", end, now);

    assert_eq!(issued, ["__Host-token=t; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60"]);
}

#[test]
fn issuing_a_shared_cookie_removes_the_previous_one() {
    let now = DateTime::UNIX_EPOCH;

    let issued = shared("__Host-token").issue("t", now + chrono::TimeDelta::seconds(60), now);

    assert!(issued[0].starts_with("__Secure-token=t;"), "{issued:?}");
    assert!(issued[0].contains("Domain=example.com"), "{issued:?}");
    assert!(issued[1].starts_with("__Host-token=;") && issued[1].contains("Max-Age=0"), "{issued:?}");
    assert!(!issued[1].contains("Domain"), "{issued:?}");
}

#[test]
fn clearing_removes_every_cookie_that_may_carry_a_session() {
    let cleared = shared("sid@old.example.com").clear();

    for (name, domain) in [
        ("__Secure-token", None),
        ("__Secure-token", Some("example.com")),
        ("__Secure-token", Some("api.example.com")),
        ("sid", Some("old.example.com")),
    ] {
        let is_removed = cleared.iter().any(|text| {
            text.starts_with(&format!("{name}=;"))
                && text.contains("Max-Age=0")
                && text.contains("Expires=Thu, 01 Jan 1970")
                && match domain {
                    Some(domain) => text.contains(&format!("Domain={domain};")),
                    None => !text.contains("Domain"),
                }
        });
        assert!(is_removed, "{name} {domain:?} is not in {cleared:?}");
    }
}

#[test]
fn a_previous_cookie_counts_only_without_the_current_one() {
    let cookie = shared("__Host-token, sid@example.com");
    for (case, field, tokens, is_outdated) in [
        ("an older cookie", "sid=a; x=y", vec!["a"], true),
        ("two older cookies", "sid=a; __Host-token=b", vec!["b"], true),
        ("the current cookie", "sid=a; __Secure-token=c", vec!["c"], false),
        ("no session cookie", "x=y", vec![], false),
    ] {
        let fields = [field];
        let headers = headers(None, &fields);
        assert_eq!(cookie.tokens(&headers), tokens, "{case}");
        assert_eq!(cookie.is_outdated(&headers), is_outdated, "{case}");
    }
}

#[test]
fn malformed_lists_of_previous_cookies_are_refused() {
    for bad in ["", "a b", "sid@", "sid@exa mple", "=", "a,,b"] {
        assert!(PreviousCookie::parse_list(bad).is_err(), "{bad}");
    }
}

/// The headers of a request, and the tokens read from them.
struct TokenCase {
    name: &'static str,
    authorization: Option<&'static str>,
    cookies: &'static [&'static str],
    tokens: &'static [&'static str],
    /// Whether the fast reader finds the token as well.
    is_plain: bool,
}

const fn plain(
    name: &'static str,
    authorization: Option<&'static str>,
    cookies: &'static [&'static str],
    tokens: &'static [&'static str],
) -> TokenCase {
    TokenCase { name, authorization, cookies, tokens, is_plain: true }
}

const fn unusual(
    name: &'static str,
    authorization: Option<&'static str>,
    cookies: &'static [&'static str],
    tokens: &'static [&'static str],
) -> TokenCase {
    TokenCase { name, authorization, cookies, tokens, is_plain: false }
}

/// Requests to a service that reads `__Secure-token`, and before it `sid` and `older`.
const TOKEN_CASES: [TokenCase; 27] = [
    unusual("nothing", None, &[], &[]),
    plain("one cookie", None, &["a=1; __Secure-token=x; b=2"], &["x"]),
    plain("HTTP/2 splits the header", None, &["a=1", "__Secure-token=x"], &["x"]),
    unusual("a planted cookie", None, &["__Secure-token=x; __Secure-token=y; __Secure-token=x"], &["x", "y"]),
    unusual("the same cookie twice", None, &["__Secure-token=x", "__Secure-token=x"], &["x"]),
    unusual("an empty cookie", None, &["__Secure-token=", "x__Secure-token=1"], &[]),
    unusual("another case", None, &["__secure-token=1"], &[]),
    unusual("a previous cookie", None, &["sid=a"], &["a"]),
    unusual("two previous cookies", None, &["older=b; sid=a"], &["a"]),
    unusual("an empty previous cookie", None, &["sid=; older=b"], &["b"]),
    plain("a current and a previous cookie", None, &["sid=a; __Secure-token=x"], &["x"]),
    plain("a bearer token", Some("Bearer z"), &[], &["z"]),
    plain("a bearer token and other cookies", Some("Bearer z"), &["a=1; b=2"], &["z"]),
    plain("a lower-case scheme", Some("bearer z"), &[], &["z"]),
    plain("an upper-case scheme", Some("BEARER z"), &[], &["z"]),
    plain("two spaces", Some("Bearer  z"), &[], &["z"]),
    plain("a tab after the space", Some("Bearer \tz"), &[], &["z"]),
    unusual("a tab instead of the space", Some("Bearer\tz"), &[], &[]),
    unusual("a scheme without a token", Some("Bearer"), &[], &[]),
    unusual("an empty token", Some("Bearer  "), &[], &[]),
    unusual("a similar scheme", Some("Bearerx z"), &[], &[]),
    unusual("another scheme", Some("Basic z"), &[], &[]),
    plain("a cookie and an application's token", Some("Bearer z"), &["__Secure-token=x"], &["x"]),
    plain("a cookie and another scheme", Some("Basic z"), &["__Secure-token=x"], &["x"]),
    unusual("a previous cookie and a bearer token", Some("Bearer z"), &["sid=a"], &["a"]),
    unusual("an empty cookie and a bearer token", Some("Bearer z"), &["__Secure-token="], &["z"]),
    plain("an empty previous cookie and a bearer token", Some("Bearer z"), &["sid="], &["z"]),
];

#[test]
fn a_cookie_decides_and_a_bearer_token_counts_without_one() {
    let cookie = shared("sid, older@example.com");
    for case in TOKEN_CASES {
        let headers = headers(case.authorization, case.cookies);
        assert_eq!(cookie.tokens(&headers), case.tokens, "{}", case.name);
    }
}

#[test]
fn the_only_token_agrees_with_all_tokens() {
    let cookie = shared("sid, older@example.com");
    for case in TOKEN_CASES {
        let only = cookie.only_token(&headers(case.authorization, case.cookies));

        let expected = case.tokens.first().copied().filter(|_| case.is_plain);
        assert_eq!(only, expected, "{}", case.name);
    }
}

#[test]
fn an_overlong_token_is_no_plausible_one() {
    let cookie = localhost();
    let text = "x".repeat(TOKEN_MAX_BYTES + 1);
    let (bearer, pair) = (format!("Bearer {text}"), format!("token={text}"));

    for (case, authorization, fields) in
        [("bearer", Some(bearer.as_str()), vec![]), ("cookie", None, vec![pair.as_str()])]
    {
        let headers = headers(authorization, &fields);
        assert_eq!(cookie.only_token(&headers), None, "{case}");
        assert_eq!(cookie.tokens(&headers), [text.as_str()], "{case}");
    }
}

#[test]
fn an_authorization_does_not_hide_an_outdated_cookie() {
    let cookie = shared("sid");
    for (case, field, expected) in
        [("previous", "sid=a", true), ("both", "sid=a; __Secure-token=x", false), ("none", "x=y", false)]
    {
        let fields = [field];
        for authorization in [None, Some("Bearer z"), Some("Basic z")] {
            let headers = headers(authorization, &fields);
            assert_eq!(cookie.is_outdated(&headers), expected, "{case} {authorization:?}");
        }
    }
}

#[test]
fn hostile_cookies_are_bounded_in_length_and_number() {
    let cookie = localhost();
    let tokens =
        |field: &[u8]| cookie.tokens(&TokenHeaders { authorization: None, cookies: std::iter::once(field) });

    let long = tokens(&[b"token=".as_slice(), "x".repeat(50_000).as_bytes()].concat());
    let many: Vec<String> = (0..5000).map(|n| format!("token={n}")).collect();
    let many = tokens(many.join(";").as_bytes());
    let binary = tokens(&[b"token=".as_slice(), &vec![0xff; 50_000]].concat());

    assert_eq!(long[0].len(), TOKEN_MAX_BYTES + 1, "still too long to be accepted");
    assert_eq!(many, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert!(binary[0].len() <= 3 * (TOKEN_MAX_BYTES + 1));
}

#[test]
fn one_token_is_forwarded_as_bearer_and_several_as_cookies() {
    let forward = |tokens: &[&str]| {
        let tokens: Vec<_> = tokens.iter().map(|token| (*token).to_owned()).collect();
        localhost().forward(&tokens).map(|forwarded| (forwarded.header, forwarded.value))
    };

    assert_eq!(forward(&[]), None);
    assert_eq!(forward(&["a"]), Some(("authorization", "Bearer a".to_owned())));
    assert_eq!(forward(&["a", "b"]), Some(("cookie", "token=a; token=b".to_owned())));
    assert_eq!(forward(&["a\u{7}b"]), Some(("authorization", "Bearer -".to_owned())), "no header text");
    assert_eq!(forward(&["ü", "b"]), Some(("cookie", "token=-; token=b".to_owned())), "the other one counts");
}
