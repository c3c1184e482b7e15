//! How often a browser was sent to the sign-in page without coming through: a short-lived cookie counts,
//! so that nobody is sent round for ever.

use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// The cookie's name. It says nothing of anybody, and is worth nothing to who forges it.
const NAME: &str = "drawbridge-sent";

/// How often a browser is sent to the sign-in page before it is told why that does not help.
pub(super) const MOST: u32 = 3;

/// How long a round may take, in seconds, with a password manager to be unlocked in between.
const REMEMBERED_FOR: u32 = 120;

/// How often the browser was sent.
pub(super) fn count(headers: &HeaderMap) -> u32 {
    // Nearly nobody brings it, and everybody waits for this (`docs/performance.md`, row `private-page-guard`).
    let fields = headers.get_all(header::COOKIE).filter_map(|field| str::from_utf8(field.as_bytes()).ok());
    let fields = fields.filter(|field| field.contains(NAME));
    let mut pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == NAME).then(|| value.parse().ok())?).unwrap_or(0).min(MOST)
}

/// `Set-Cookie` that says so.
pub(super) fn remember(count: u32, secure: bool) -> Option<HeaderValue> {
    let (secure, seconds) =
        (if secure { "; Secure" } else { "" }, if count == 0 { 0 } else { REMEMBERED_FOR });
    let cookie = format!("{NAME}={count}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn what_is_remembered_is_counted_and_what_is_forged_is_bounded() {
        let of = |field: &str| {
            count(TestRequest::default().insert_header(("cookie", field)).to_http_request().headers())
        };
        let set = remember(2, true).unwrap();
        assert_eq!(of(set.to_str().unwrap().split(';').next().unwrap()), 2);
        assert_eq!((of("a=b"), of("drawbridge-sent=x"), of("drawbridge-sent=-1")), (0, 0, 0));
        assert_eq!(of("a=b; drawbridge-sent=4000000000"), MOST);
        assert!(remember(0, false).unwrap().to_str().unwrap().contains("Max-Age=0"));
    }
}
