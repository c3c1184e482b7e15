//! Whatever an upstream sends, browsers store what is passed on and send it back to the upstream only.

use chrono::DateTime;
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::{browser_engine::BrowserEngine, cookie_jar::CookieJar, origin_cookie::OriginCookie};

const CASES: u32 = 2000;
const RESERVED: &str = "token";

/// An upstream, and the origin through which browsers reach it.
#[derive(Debug, Clone)]
struct Place {
    prefix: &'static str,
    target: &'static str,
    origin: Origin,
}

impl Place {
    fn confine(&self, set_cookie: &[u8]) -> Result<Vec<u8>, UnusableCookie> {
        let confinement = Confinement {
            paths: UpstreamPaths { prefix: self.prefix, target: self.target },
            public_origin: &self.origin,
            is_reserved: &|name| name == RESERVED,
        };
        confinement.confine(set_cookie)
    }

    /// A public path that the upstream serves.
    fn page(&self) -> String {
        format!("{}/page", self.prefix)
    }
}

fn places() -> impl Strategy<Value = Place> {
    let origins = select(vec!["http://localhost:8080", "http://127.0.0.1:8080", "https://app.example.com"]);
    (select(vec!["/backend", "/a/b", "/v1", ""]), select(vec!["", "/v1", "/v1/x", "/backend"]), origins)
        .prop_map(|(prefix, target, origin)| Place { prefix, target, origin: Origin::parse(origin).unwrap() })
}

/// Attributes in many spellings. None of them removes the cookie.
fn attributes() -> impl Strategy<Value = Vec<String>> {
    let known = select(vec![
        "Secure",
        "sEcUrE=1",
        "HttpOnly",
        "Partitioned",
        "SameSite=None",
        "SameSite=lax",
        "SameSite=Strict",
        "SameSite=",
        "Domain=localhost",
        "Domain=example.com",
        "Domain=.app.example.com",
        "Domain=api.internal",
        "Domain=com",
        "Domain",
        "Path=/",
        "Path=/v1",
        "Path=/v1/",
        "Path=/backend",
        "Path=/page",
        "Path=",
        "Path=x",
        "Path",
        "Max-Age=60",
        "Priority=High",
        "",
        "=",
        "=x",
    ]);
    let blanks = || select(vec!["", " ", "\t", "  "]);
    let attribute = (blanks(), known, blanks()).prop_map(|(before, known, after)| {
        let spaced = known.replace('=', &format!("{after}={before}"));
        format!("{before}{spaced}{after}")
    });
    vec(attribute, 0..8)
}

fn set_cookies() -> impl Strategy<Value = String> {
    let prefix = select(vec!["", "", "", "__Secure-", "__Host-", "__Http-", "__hOSt-hTTp-"]);
    (prefix, "[ \t]?[a-z]{1,8}[ \t]?", "[ -:<-~é]{0,20}", attributes()).prop_map(
        |(prefix, name, value, attributes)| {
            let parts: Vec<_> = attributes.iter().map(|attribute| format!(";{attribute}")).collect();
            format!("{prefix}{name}={value}{}", parts.concat())
        },
    )
}

/// What a browser makes of a header in the response to `place.page()`.
fn receive(place: &Place, set_cookie: &[u8]) -> OriginCookie {
    let text = str::from_utf8(set_cookie).unwrap();
    let cookie = ReceivedCookie::parse(text, &place.page(), DateTime::UNIX_EPOCH).unwrap();
    OriginCookie { cookie, setter: place.origin.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn every_engine_stores_and_returns_a_confined_cookie(place in places(), set_cookie in set_cookies()) {
        let Ok(confined) = place.confine(set_cookie.as_bytes()) else { return Ok(()) };

        let received = receive(&place, &confined);
        let needs_https = received.cookie.name.starts_with("__") && !place.origin.is_https();
        for engine in BrowserEngine::ALL {
            if needs_https && engine == BrowserEngine::WebKit {
                continue;
            }
            prop_assert!(engine.stores(&received, &place.origin), "{engine:?}: {received:?}");
            let path = received.cookie.path().to_owned();
            prop_assert!(engine.sends(&received, &place.origin, &place.origin, &path), "{engine:?}: {received:?}");
        }
    }

    #[test]
    fn a_cookie_for_the_whole_upstream_reaches_all_of_it(
        place in places(),
        set_cookie in "[a-z]{1,5}=[a-z]{0,5}",
        whole in select(vec!["", "; Path=/", "; Path=target", "; SameSite=None; Secure; Path=target"]),
    ) {
        prop_assume!(!set_cookie.starts_with("token="));
        let target = if place.target.is_empty() { "/" } else { place.target };
        let written = format!("{set_cookie}{}", whole.replace("target", target));
        let confined = place.confine(written.as_bytes()).unwrap();

        let mut jar = CookieJar::default();
        let text = String::from_utf8(confined).unwrap();
        jar.apply(&text, &place.origin, &place.page(), DateTime::UNIX_EPOCH);

        for path in [place.page(), format!("{}/", place.prefix), format!("{}/a/b", place.prefix)] {
            let sent = jar.header(&place.origin, &path);
            prop_assert_eq!(sent.as_deref(), Some(set_cookie.as_str()), "{} to {}", text, path);
        }
        if !place.prefix.is_empty() {
            prop_assert!(jar.header(&place.origin, place.prefix).is_some(), "{text}");
            prop_assert_eq!(jar.header(&place.origin, "/private"), None, "{}", text);
        }
    }

    #[test]
    fn no_bytes_escape_the_confinement(place in places(), set_cookie in vec(any::<u8>(), 0..80), tail in attributes()) {
        let written = [set_cookie.as_slice(), b";", tail.join(";").as_bytes()].concat();
        let Ok(confined) = place.confine(&written) else { return Ok(()) };

        let text = String::from_utf8_lossy(&confined);
        let cookie = ReceivedCookie::parse(&text, &place.page(), DateTime::UNIX_EPOCH).unwrap();
        prop_assert!(cookie.name != RESERVED);
        prop_assert!(!confined.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t'));
        if !place.prefix.is_empty() {
            let path = cookie.path();
            let below = path.strip_prefix(place.prefix);
            prop_assert!(below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')), "{path}");
            prop_assert_eq!(cookie.domain, None);
        }
        prop_assert_eq!(place.confine(&confined).as_deref().is_ok(), true, "a confined cookie can be confined again");
    }
}
