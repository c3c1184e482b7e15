//! Counts, in a short-lived cookie, how often a browser came back from the sign-in page without a valid session although
//! that page had signed it in, so that no redirect loop is endless.
//!
//! Opening guarded pages while signed out is not counted: a browser that restores its tabs opens many of them.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::header::HeaderMap;
use drawbridge_cookies::{request_cookies, set_cookie::SetCookie};
use drawbridge_http::{cookie_fields, navigation::is_prefetch};

/// The cookie's name. The cookie identifies no one, and forging it only chooses between a redirect and a
/// page. The prefix keeps sibling hosts from planting one.
pub fn redirect_cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-drawbridge-sent" } else { "drawbridge-sent" }
}

/// After this many round trips, the browser gets an explanation instead of a redirect.
pub(crate) const MAX_ROUND_TRIPS: u32 = 3;

/// How long after one round trip the next one still counts as part of the same loop.
const LOOP_WINDOW_SECONDS: i64 = 60;

/// The recent round trips of a browser between guarded pages and the sign-in page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RoundTrips {
    pub(crate) count: u32,
    /// The page that was opened with an invalid cookie, as a hash. The round trip that began there is counted already.
    page: Option<u32>,
}

impl RoundTrips {
    /// Reads the cookie. If several arrive, the highest count wins.
    pub(crate) fn read(headers: &HeaderMap, secure: bool) -> Self {
        let cookies = request_cookies::named(cookie_fields(headers), redirect_cookie_name(secure));
        cookies.filter_map(|cookie| Self::parse(cookie.text()?)).max().unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let (count, page) = match text.split_once('-') {
            Some((count, page)) => (count, Some(u32::from_str_radix(page, 16).ok()?)),
            None => (text, None),
        };
        Some(Self { count: count.parse::<u32>().ok()?.min(MAX_ROUND_TRIPS), page })
    }

    /// Returns true if another redirect to the sign-in page does not help.
    pub(crate) fn is_loop(self) -> bool {
        self.count >= MAX_ROUND_TRIPS
    }

    /// The round trips after the sign-in page has signed the browser in, or has found it signed in.
    fn after_sign_in(self) -> Self {
        if self.page.is_some() { self } else { Self { count: self.count.saturating_add(1), page: None } }
    }

    /// The round trips after the guard redirects from `page` to the sign-in page. A cookie that is not a session of
    /// this deployment may come from another program, so that signing in may not help: such a redirect counts if it
    /// repeats the previous one.
    pub(crate) fn after_redirect(self, page: &str, has_foreign_cookie: bool) -> Self {
        if !has_foreign_cookie {
            return Self { page: None, ..self };
        }
        let mut hasher = DefaultHasher::new();
        page.hash(&mut hasher);
        let hash = u32::try_from(hasher.finish() & u64::from(u32::MAX)).unwrap_or_default();
        let count = if self.page.is_none_or(|page| page == hash) { self.count } else { 0 };
        Self { count: count.saturating_add(1), page: Some(hash) }
    }

    /// The `Set-Cookie` value that stores the round trips.
    pub(crate) fn store(self, secure: bool) -> String {
        let value = match self.page {
            Some(page) => format!("{}-{page:x}", self.count),
            None => self.count.to_string(),
        };
        SetCookie::for_host(redirect_cookie_name(secure), &value, LOOP_WINDOW_SECONDS, secure).to_string()
    }
}

/// The `Set-Cookie` value for a browser that the sign-in page has signed in, or has found signed in: if it comes back
/// without a session, that is a round trip. `None` for a prefetch.
pub fn count_sign_in(headers: &HeaderMap, secure: bool) -> Option<String> {
    (!is_prefetch(headers)).then(|| RoundTrips::read(headers, secure).after_sign_in().store(secure))
}

/// The `Set-Cookie` value that removes the count, for a browser that the guard has let through.
pub fn forget_redirects(secure: bool) -> String {
    SetCookie::for_host(redirect_cookie_name(secure), "0", 0, secure).to_string()
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HeaderValue, test::TestRequest};

    use super::*;

    fn read(field: &str) -> RoundTrips {
        let field = HeaderValue::from_bytes(field.as_bytes()).unwrap();
        let request = TestRequest::default().insert_header(("cookie", field)).to_http_request();
        RoundTrips::read(request.headers(), false)
    }

    fn trips(count: u32) -> RoundTrips {
        RoundTrips { count, page: None }
    }

    #[test]
    fn stored_round_trips_are_read() {
        for stored in [trips(2), trips(1).after_redirect("/private", true)] {
            let cookie = stored.store(false);

            assert_eq!(read(cookie.split(';').next().unwrap()), stored, "{cookie}");
        }
        assert_eq!(read("x=Jürgen; drawbridge-sent=2"), trips(2), "other cookies do not matter");
        assert_eq!(read("drawbridge-sent=0; drawbridge-sent=3"), trips(3), "nor does a planted one");
    }

    #[test]
    fn forged_counts_are_bounded() {
        for field in
            ["a=b", "drawbridge-sent=x", "drawbridge-sent=-1", "drawbridge-sent=1-x", "drawbridge-sent="]
        {
            assert_eq!(read(field), trips(0), "{field}");
        }
        assert_eq!(read("a=b; drawbridge-sent=4000000000"), trips(MAX_ROUND_TRIPS));
    }

    #[test]
    fn each_round_trip_counts_once() {
        let lost = |trips: RoundTrips| trips.after_redirect("/a", false).after_sign_in();
        let foreign = |trips: RoundTrips| trips.after_redirect("/a", true).after_sign_in();

        assert_eq!(lost(lost(trips(0))).count, 2, "the cookie is lost");
        assert_eq!(foreign(foreign(trips(0))).count, 2, "another program replaces it");
        assert_eq!(foreign(lost(trips(0))).count, 2, "it is lost, then replaced");
        assert_eq!(lost(foreign(trips(0))).count, 2, "it is replaced, then lost");
    }

    #[test]
    fn pages_that_are_opened_side_by_side_are_no_round_trips() {
        let signed_out = (0..5).fold(trips(0), |trips, _| trips.after_redirect("/a", false));
        let tabs = ["/a", "/b", "/c", "/d", "/e"];
        let foreign = tabs.iter().fold(trips(0), |trips, page| trips.after_redirect(page, true));
        let reloaded = (0..3).fold(trips(0), |trips, _| trips.after_redirect("/a", true));

        assert_eq!(signed_out, trips(0));
        assert_eq!(foreign.count, 1, "each page has its own tab");
        assert!(reloaded.is_loop(), "the same page again");
    }

    #[test]
    fn the_cookie_is_bound_to_the_host_over_https() {
        assert!(trips(1).store(true).starts_with("__Host-drawbridge-sent=1;"));
        assert!(forget_redirects(false).contains("Max-Age=0"));
    }
}
