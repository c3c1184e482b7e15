//! Whatever URL an upstream sends, it leads to the same origin as before or to the public one.

use std::borrow::Cow;

use drawbridge_cookies::UpstreamPaths;
use drawbridge_core::origin::Origin;
use percent_encoding::percent_encode;
use proptest::{prelude::*, sample::select};
use url::Url;

use super::{
    target::{NON_ASCII, authority},
    *,
};

const CASES: u32 = 5000;

/// Pieces of URLs, in spellings that browsers accept.
fn values() -> impl Strategy<Value = Vec<u8>> {
    let pieces = select(vec![
        "http:",
        "https:",
        "HTTP:",
        "javascript:",
        "//",
        "/",
        "\\",
        "/\\",
        "///",
        "api:4000",
        "%61pi:4000",
        "localhost:8080",
        "evil.example",
        "user@",
        "api:4000@",
        "/v1",
        "/v1/",
        "/backend",
        "/backend/",
        "..",
        "%2e%2e",
        ".",
        "/.//",
        "?",
        "#",
        "@",
        ":",
        " ",
        "\t",
        "é",
        "\u{3002}",
        "\u{ff0f}",
        "a",
        "%2f",
        "<",
        ">",
        "\"",
    ]);
    let text = proptest::collection::vec(pieces, 0..7).prop_map(|pieces| pieces.concat().into_bytes());
    let bytes = proptest::collection::vec(any::<u8>(), 0..20);
    prop_oneof![4 => text, 1 => bytes]
}

/// Where a browser arrives that follows `value` from `base`.
fn destination(base: &Url, value: &[u8]) -> Option<Url> {
    base.join(&Cow::from(percent_encode(value, NON_ASCII))).ok()
}

fn is_own_page(path: &str) -> bool {
    is_below(path, "/auth")
}

fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn a_rewritten_url_leads_to_the_same_or_the_public_origin(
        value in values(),
        prefix in select(vec!["/backend", ""]),
        target in select(vec!["/v1", ""]),
        public in select(vec!["http://localhost:8080", "https://app.example.com"]),
    ) {
        let target_url: Url = format!("http://api:4000{target}").parse().unwrap();
        let requested: Url = format!("http://api:4000{target}/a/b").parse().unwrap();
        let public_origin = Origin::parse(public).unwrap();
        let source = UrlSource {
            paths: UpstreamPaths { prefix, target }, target: &target_url, requested: &requested,
            public_origin: &public_origin,
            is_kept: &is_own_page,
        };
        let public_page: Url = format!("{public}{prefix}/a/b").parse().unwrap();

        // Browsers take `https:/home` for a path if the public page has https.
        let mut requested_as_public = requested.clone();
        requested_as_public.set_scheme(public_page.scheme()).unwrap();
        let intended = match destination(&requested, &value) {
            Some(url) if url.scheme() != public_page.scheme() => Some(url),
            _ => destination(&requested_as_public, &value),
        };
        match rewrite_url(&value, &source) {
            Rewritten::Keep => {
                let Some(intended) = intended else { return Ok(()) };
                let arrival = destination(&public_page, &value).unwrap();
                // A relative URL stays on the public origin, and one without a scheme takes that of the page.
                let is_expected = arrival.origin() == public_page.origin() || authority(&arrival) == authority(&intended);
                prop_assert!(is_expected, "{intended} became {arrival}");
            }
            Rewritten::Replace(replacement) => {
                let arrival = destination(&public_page, replacement.as_bytes()).unwrap();
                prop_assert_eq!(arrival.origin(), public_page.origin(), "{}", replacement);
                let intended = intended.unwrap();
                let was_ours = source.is_own(&intended) || source.is_public(&intended);
                prop_assert!(was_ours, "{intended} became {replacement}");
                prop_assert!(is_below(arrival.path(), prefix), "{replacement}");
                prop_assert_eq!(arrival.query(), intended.query());
                prop_assert!(replacement.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'>'), "{replacement}");
            }
            Rewritten::Outside => prop_assert!(!target.is_empty() && source.is_own(&intended.unwrap())),
        }
    }

    #[test]
    fn fields_of_any_bytes_are_rewritten_without_panic(value in values(), before in "[0-9.;, '\"<]{0,4}(url=)?") {
        let (target, requested) = ("http://api:4000/v1", "http://api:4000/v1/a/b");
        let source = UrlSource {
            paths: UpstreamPaths { prefix: "/backend", target: "/v1" },
            target: &target.parse().unwrap(),
            requested: &requested.parse().unwrap(),
            public_origin: &Origin::parse("http://localhost:8080").unwrap(),
            is_kept: &is_own_page,
        };
        let field = [before.as_bytes(), &value].concat();

        for rewritten in [rewrite_link(&field, &source), rewrite_refresh(&field, &source)].into_iter().flatten() {
            let has_new_control = rewritten.iter().any(|byte| byte.is_ascii_control() && !field.contains(byte));
            prop_assert!(!has_new_control);
        }
    }
}
