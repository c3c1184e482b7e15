//! Checks what caches and proxies would do to the responses.

use crate::doctor::{
    finding::Finding,
    web::{Hop, RedirectChain},
};

/// Many servers reject a request with a longer `Cookie` header.
const SENT_COOKIES_MAX_BYTES: usize = 4096;
/// Many proxies reject a response with longer `Set-Cookie` headers.
const SET_COOKIES_MAX_BYTES: usize = 8192;

pub(super) fn check(chain: &RedirectChain) -> Vec<Finding> {
    chain.hops().flat_map(|hop| [check_caching(hop), check_length(hop)]).flatten().collect()
}

/// A shared cache that stores a response gives its cookie to the next visitor (RFC 9111, 7.3).
fn check_caching(hop: &Hop) -> Option<Finding> {
    if hop.set_cookies().is_empty() {
        return None;
    }
    let is_hit = hop.header("x-cache").is_some_and(|text| text.to_ascii_uppercase().contains("HIT"));
    let sign = if is_hit || hop.headers.contains_key("age") {
        "came from a cache (Age, X-Cache)"
    } else if allows_shared_caching(hop.header("cache-control").unwrap_or_default()) {
        "may be stored by shared caches (Cache-Control)"
    } else {
        return None;
    };
    Some(Finding::error(
        "cacheable_set_cookie",
        hop.url_without_query(),
        format!("sets a cookie and {sign}: another visitor may get this session"),
        "respond with Cache-Control: no-store wherever a cookie is set, and do not cache these responses",
    ))
}

/// Returns true if `Cache-Control` permits a shared cache to store the response, either explicitly or by setting a
/// lifetime without restricting who may store it (RFC 9111, 3).
fn allows_shared_caching(cache_control: &str) -> bool {
    let cache_control = cache_control.to_ascii_lowercase();
    let directives: Vec<_> = cache_control.split(',').map(str::trim).collect();
    let has = |directive: &str| directives.contains(&directive);
    let has_shared_lifetime = directives.iter().any(|directive| directive.starts_with("s-maxage="));
    let has_lifetime = directives.iter().any(|directive| {
        let seconds = directive.strip_prefix("max-age=").and_then(|age| age.parse::<u64>().ok());
        seconds.is_some_and(|seconds| seconds > 0)
    });
    has("public") || has_shared_lifetime || (has_lifetime && !has("private") && !has("no-store"))
}

fn check_length(hop: &Hop) -> Option<Finding> {
    let set_bytes: usize = hop.set_cookies().iter().map(String::len).sum();
    let sent_bytes = hop.sent_cookie_bytes;
    let observation = if set_bytes > SET_COOKIES_MAX_BYTES {
        format!(
            "sets {set_bytes} bytes of cookies; many proxies reject responses with more than {SET_COOKIES_MAX_BYTES}"
        )
    } else if sent_bytes > SENT_COOKIES_MAX_BYTES {
        format!(
            "receives {sent_bytes} bytes of cookies; many servers reject requests with more than \
             {SENT_COOKIES_MAX_BYTES}"
        )
    } else {
        return None;
    };
    Some(Finding::error(
        "oversized_cookies",
        hop.url_without_query(),
        observation,
        "store only identifiers in cookies, and the data on the server",
    ))
}
