//! `Cache-Control` of forwarded responses (RFC 9111): what only one user may see is `private`, and a response that a
//! shared cache may store carries no cookie of ours.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Directives that only concern shared caches, which a private response must not have.
const SHARED_ONLY: [&str; 3] = ["public", "s-maxage", "proxy-revalidate"];

/// Forbids shared caches to store a response. What the browser may store stays as it is.
pub(super) fn make_private(headers: &mut HeaderMap) {
    let kept: Vec<_> =
        directives(headers).filter(|directive| !SHARED_ONLY.contains(&name(directive))).collect();
    let is_private = kept.iter().any(|directive| is_private_directive(directive));
    let private = (!is_private).then(|| "private".to_owned());
    let value = private.into_iter().chain(kept).collect::<Vec<_>>().join(", ");
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    let for_shared_caches: Vec<_> =
        headers.keys().filter(|name| is_for_shared_caches(name)).cloned().collect();
    for name in for_shared_caches {
        headers.remove(name);
    }
}

/// Returns true for a header that addresses shared caches directly and takes precedence over `Cache-Control` there:
/// those of RFC 9213, and what reverse proxies and content delivery networks had before.
fn is_for_shared_caches(name: &HeaderName) -> bool {
    let name = name.as_str();
    ["cdn-cache-control", "surrogate-control"].iter().any(|end| name.ends_with(end))
        || ["x-accel-expires", "edge-control", "edge-cache-control", "akamai-cache-control"].contains(&name)
}

/// Returns true if a response can carry a cookie of ours: no shared cache may store it.
pub(super) fn can_carry_cookie(headers: &HeaderMap) -> bool {
    let forbids = |value: &HeaderValue| matches!(value.as_bytes(), b"0" | b"no-store" | b"private");
    if headers.iter().any(|(name, value)| is_for_shared_caches(name) && !forbids(value)) {
        return false;
    }
    let directives: Vec<_> = directives(headers).collect();
    directives.is_empty() || directives.iter().any(|directive| is_private_directive(directive))
}

fn is_private_directive(directive: &str) -> bool {
    // With a field name, `private` and `no-cache` concern that field only.
    matches!(directive, "private" | "no-store")
}

fn directives(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let values = headers.get_all(header::CACHE_CONTROL).filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase())
        .filter(|directive| !directive.is_empty())
}

fn name(directive: &str) -> &str {
    directive.split('=').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::CACHE_CONTROL, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn guarded_responses_become_private() {
        for (case, values, expected) in [
            ("nothing", &[][..], "private"),
            ("public", &["public, max-age=60"], "private, max-age=60"),
            (
                "for shared caches",
                &["s-maxage=60, stale-while-revalidate"],
                "private, stale-while-revalidate",
            ),
            ("immutable", &["Public, Max-Age=31536000, immutable"], "private, max-age=31536000, immutable"),
            ("private already", &["private, max-age=0"], "private, max-age=0"),
            ("not stored", &["no-store, must-revalidate"], "no-store, must-revalidate"),
            ("two fields", &["public", "max-age=5"], "private, max-age=5"),
            ("one private field", &["private=\"set-cookie\""], "private, private=\"set-cookie\""),
        ] {
            let mut headers = headers(values);
            make_private(&mut headers);
            let found: Vec<_> = headers.get_all(header::CACHE_CONTROL).collect();
            assert_eq!(found, [expected], "{case}");
        }
    }

    #[test]
    fn headers_for_shared_caches_count_as_well() {
        for name in [
            "cdn-cache-control",
            "netlify-cdn-cache-control",
            "fastly-surrogate-control",
            "surrogate-control",
            "x-accel-expires",
            "edge-control",
            "akamai-cache-control",
        ] {
            let name = HeaderName::from_static(name);
            let with = |value| HeaderMap::from_iter([(name.clone(), HeaderValue::from_static(value))]);

            assert!(!can_carry_cookie(&with("60")), "{name}");
            assert!(can_carry_cookie(&with("0")), "{name}");
            let mut private = with("60");
            make_private(&mut private);
            assert!(!private.contains_key(&name), "{name}");
            assert_eq!(private.get(header::CACHE_CONTROL).unwrap(), "private", "{name}");
        }
    }

    #[test]
    fn a_response_for_shared_caches_carries_no_cookie() {
        for (values, expected) in [
            (&[][..], true),
            (&["private"], true),
            (&["no-store"], true),
            (&["no-cache"], false),
            (&["max-age=60"], false),
            (&["public"], false),
            (&["s-maxage=1, private"], true),
        ] {
            assert_eq!(can_carry_cookie(&headers(values)), expected, "{values:?}");
        }
    }
}
