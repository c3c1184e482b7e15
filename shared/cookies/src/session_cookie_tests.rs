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

#[test]
fn tokens_come_from_the_bearer_header_or_from_the_cookies() {
    let cookie = localhost();
    for (case, authorization, fields, tokens) in [
        ("nothing", None, vec![], vec![]),
        ("one cookie", None, vec!["a=1; token=x; b=2"], vec!["x"]),
        ("HTTP/2 splits the header", None, vec!["a=1", "token=x"], vec!["x"]),
        ("a planted cookie", None, vec!["token=x; token=y; token=x"], vec!["x", "y"]),
        ("a bearer token", Some("bearer z"), vec!["token=x"], vec!["z"]),
        ("another scheme", Some("Basic z"), vec!["token=x"], vec!["x"]),
        ("an empty cookie", None, vec!["token=", "xtoken=1"], vec![]),
    ] {
        assert_eq!(cookie.tokens(&headers(authorization, &fields)), tokens, "{case}");
    }
}

#[test]
fn the_only_token_agrees_with_all_tokens() {
    let cookie = localhost();
    for (authorization, fields, only) in [
        (None, vec![], None),
        (None, vec!["a=1; token=x; b=2"], Some("x")),
        (None, vec!["a=1", "token=x"], Some("x")),
        (None, vec!["token=x; token=y"], None),
        (None, vec!["token=x", "token=x"], None),
        (None, vec!["xtoken=1; Token=2"], None),
        (Some("bearer z"), vec!["token=x"], Some("z")),
        (Some("Basic z"), vec!["token=x"], None),
    ] {
        let headers = headers(authorization, &fields);
        assert_eq!(cookie.only_token(&headers), only, "{authorization:?} {fields:?}");
        if let Some(only) = only {
            assert_eq!(cookie.tokens(&headers), [only], "{authorization:?} {fields:?}");
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
fn an_unsendable_token_is_forwarded_as_an_invalid_one() {
    let forwarded = localhost().forward(&["a\u{7}b".to_owned()]).unwrap();
    assert_eq!(forwarded, ForwardedTokens { header: "authorization", value: "Bearer -".to_owned() });
}
