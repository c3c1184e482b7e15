//! What a cache or a proxy in between would do to the answers.

use crate::doctor::{
    finding::Finding,
    web::{Hop, Visit},
};

/// Many servers refuse a request with longer cookies.
const BROUGHT_MAX_BYTES: usize = 4096;
/// Many proxies drop an answer with longer cookies.
const SET_MAX_BYTES: usize = 8192;

pub(super) fn check(visit: &Visit) -> Vec<Finding> {
    visit.hops().flat_map(|hop| [cached(hop), long(hop)]).flatten().collect()
}

/// A shared cache that keeps an answer hands its cookie to the next visitor (RFC 9111, 7.3).
fn cached(hop: &Hop) -> Option<Finding> {
    if hop.set_cookies().is_empty() {
        return None;
    }
    let control = hop.header("cache-control").unwrap_or_default().to_ascii_lowercase();
    let says = |word: &str| control.split(',').any(|directive| directive.trim() == word);
    let lives = control.split(',').any(|directive| directive.trim().starts_with("s-maxage="));
    // Without a word of whom it is for, a cache may keep it for all (RFC 9111, 3).
    let is_fresh = control.split(',').any(|directive| {
        directive
            .trim()
            .strip_prefix("max-age=")
            .is_some_and(|age| age.parse::<u64>().is_ok_and(|age| age > 0))
    });
    let hit = hop.header("x-cache").is_some_and(|text| text.to_ascii_uppercase().contains("HIT"));
    let sign = if hit || hop.headers.contains_key("age") {
        "came out of a cache (Age, X-Cache)"
    } else if says("public") || lives || is_fresh && !says("private") && !says("no-store") {
        "may be kept by shared caches (Cache-Control)"
    } else {
        return None;
    };
    let what = format!("sets a cookie and {sign}: somebody else gets this session");
    let fix = "answer Cache-Control: no-store wherever a cookie is set, and do not cache it on the way";
    Some(Finding::error("cacheable_set_cookie", hop.place(), what, fix))
}

fn long(hop: &Hop) -> Option<Finding> {
    let set: usize = hop.set_cookies().iter().map(String::len).sum();
    let what = if set > SET_MAX_BYTES {
        format!("sets {set} bytes of cookies; many proxies drop an answer with more than {SET_MAX_BYTES}")
    } else if hop.brought > BROUGHT_MAX_BYTES {
        format!(
            "is brought {} bytes of cookies; many servers refuse more than {BROUGHT_MAX_BYTES}",
            hop.brought
        )
    } else {
        return None;
    };
    Some(Finding::error(
        "oversized_cookies",
        hop.place(),
        what,
        "keep identifiers in cookies, and data on the server",
    ))
}
