//! Counts, in a short-lived cookie, how often a browser was sent to the sign-in page without coming back
//! signed in, so that no redirect loop is endless.

use actix_web::http::header::HeaderMap;
use drawbridge_cookies::{request_cookies, set_cookie::SetCookie};
use drawbridge_http::cookie_fields;

/// The cookie's name. The cookie identifies no one, and forging it only chooses between a redirect and a
/// page. The prefix keeps sibling hosts from planting one.
pub fn redirect_cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-drawbridge-sent" } else { "drawbridge-sent" }
}

/// After this many redirects, the browser gets an explanation instead.
pub(crate) const MAX_REDIRECTS: u32 = 3;

/// How long after one redirect the next one still counts as part of the same loop.
const LOOP_WINDOW_SECONDS: i64 = 60;

/// How often the browser was recently redirected.
pub(crate) fn count_redirects(headers: &HeaderMap, secure: bool) -> u32 {
    let cookies = request_cookies::named(cookie_fields(headers), redirect_cookie_name(secure));
    let counts = cookies.filter_map(|cookie| cookie.text()?.parse::<u32>().ok());
    counts.max().unwrap_or(0).min(MAX_REDIRECTS)
}

/// Returns true if the browser only prefetches a page that the user has not asked for yet.
pub(crate) fn is_prefetch(headers: &HeaderMap) -> bool {
    let starts_with_prefetch =
        |name: &str| headers.get(name).is_some_and(|value| value.as_bytes().starts_with(b"prefetch"));
    starts_with_prefetch("sec-purpose") || starts_with_prefetch("purpose")
}

/// The `Set-Cookie` value that stores the number of redirects.
pub(crate) fn remember_redirects(count: u32, secure: bool) -> String {
    SetCookie::for_host(redirect_cookie_name(secure), &count.to_string(), LOOP_WINDOW_SECONDS, secure)
        .to_string()
}

/// The `Set-Cookie` value that removes the count, for a browser that the guard has let through.
pub fn forget_redirects(secure: bool) -> String {
    SetCookie::for_host(redirect_cookie_name(secure), "0", 0, secure).to_string()
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderValue, test::TestRequest};

    use super::*;

    fn count(field: &str) -> u32 {
        let field = HeaderValue::from_bytes(field.as_bytes()).unwrap();
        let request = TestRequest::default().insert_header(("cookie", field)).to_http_request();
        count_redirects(request.headers(), false)
    }

    #[test]
    fn stored_redirects_are_counted() {
        let stored = remember_redirects(2, false);

        assert_eq!(count(stored.split(';').next().unwrap()), 2);
        assert_eq!(count("x=Jürgen; drawbridge-sent=2"), 2, "other cookies do not matter");
        assert_eq!(count("drawbridge-sent=0; drawbridge-sent=3"), 3, "nor does a planted one");
    }

    #[test]
    fn forged_counts_are_bounded() {
        assert_eq!(count("a=b"), 0);
        assert_eq!(count("drawbridge-sent=x"), 0);
        assert_eq!(count("drawbridge-sent=-1"), 0);
        assert_eq!(count("a=b; drawbridge-sent=4000000000"), MAX_REDIRECTS);
    }

    #[test]
    fn the_cookie_is_bound_to_the_host_over_https() {
        assert!(remember_redirects(1, true).starts_with("__Host-drawbridge-sent=1;"));
        assert!(forget_redirects(false).contains("Max-Age=0"));
    }
}
