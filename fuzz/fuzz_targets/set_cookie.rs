//! What Drawbridge passes on of an upstream's `Set-Cookie`: browsers keep it where it belongs, and nowhere else.
//!
//! The first byte of an input chooses the place of the upstream. The rest is the header.

#![no_main]

use chrono::DateTime;
use drawbridge_cookies::{
    Confinement, UpstreamPaths, browser_engine::BrowserEngine, origin_cookie::OriginCookie,
    received_cookie::ReceivedCookie,
};
use drawbridge_core::origin::Origin;
use drawbridge_fuzz::{choose, is_below};
use libfuzzer_sys::fuzz_target;

const PREFIXES: [&str; 4] = ["/backend", "/a/b", "/v1", ""];
const TARGETS: [&str; 4] = ["", "/v1", "/v1/x", "/backend"];
const ORIGINS: [&str; 3] = ["http://localhost:8080", "http://127.0.0.1:8080", "https://app.example.com"];
const RESERVED: [&str; 2] = ["token", "__Host-token"];

fuzz_target!(|input: &[u8]| {
    let Some((&place, set_cookie)) = input.split_first() else { return };
    let place = usize::from(place);
    let (prefix, target) = (choose(&PREFIXES, place), choose(&TARGETS, place / PREFIXES.len()));
    let origin = choose(&ORIGINS, place / PREFIXES.len() / TARGETS.len());
    let origin = Origin::parse(origin).expect("a valid origin");
    let confinement = Confinement {
        paths: UpstreamPaths { prefix, target },
        public_origin: &origin,
        is_reserved: &|name| RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)),
    };

    let Ok(confined) = confinement.confine(set_cookie) else { return };

    assert!(!confined.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t'), "a control character");
    let text = String::from_utf8_lossy(&confined);
    assert_has_one_place(&text, prefix);
    let page = format!("{prefix}/page");
    let cookie =
        ReceivedCookie::parse(&text, &page, DateTime::UNIX_EPOCH).expect("a cookie that browsers read");
    assert!(
        !RESERVED.iter().any(|reserved| cookie.name.eq_ignore_ascii_case(reserved)),
        "a reserved name: {text}"
    );
    assert!(is_below(cookie.path(), prefix), "outside of the prefix: {text}");
    if str::from_utf8(&confined).is_ok() && cookie.is_alive() {
        assert_is_kept(cookie, &origin);
    }
    // Elsewhere, a path that is public already could also be one of the upstream.
    if is_distinct(prefix, target) {
        assert_eq!(confinement.confine(&confined).as_deref(), Ok(confined.as_slice()), "confined again");
    }
});

/// Programs disagree about which of several attributes counts.
fn assert_has_one_place(text: &str, prefix: &str) {
    let names = || text.split(';').skip(1).map(|part| part.split('=').next().unwrap_or_default().trim());
    let count = |name: &str| names().filter(|written| written.eq_ignore_ascii_case(name)).count();
    assert!(count("path") <= 1 && count("domain") <= 1, "repeated: {text}");
    assert!(prefix.is_empty() || (count("path") == 1 && count("domain") == 0), "not confined: {text}");
}

fn assert_is_kept(cookie: ReceivedCookie, origin: &Origin) {
    // WebKit refuses `Secure`, which the prefixes of names require, on `http://localhost`.
    let needs_https = cookie.secure && !origin.is_https();
    let path = cookie.path().to_owned();
    let received = OriginCookie { cookie, setter: origin.clone() };
    for engine in BrowserEngine::ALL {
        if needs_https && engine == BrowserEngine::WebKit {
            continue;
        }
        assert!(engine.sends(&received, origin, origin, &path), "{engine:?} does not send back {received:?}");
    }
}

/// Returns true if no path can be both a public path and one of the upstream.
fn is_distinct(prefix: &str, target: &str) -> bool {
    prefix.len() >= target.len() || !(is_below(target, prefix))
}
