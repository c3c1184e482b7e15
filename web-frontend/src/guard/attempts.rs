//! How often a browser was sent to the sign-in page without coming through: a short-lived cookie counts,
//! so that nobody is sent round for ever.

use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// The cookie's name. What it says is of nobody, and forging it is of no use: it chooses between a redirect
/// and a page. The prefix keeps sibling hosts from planting one.
pub(crate) fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-drawbridge-sent" } else { "drawbridge-sent" }
}

/// How often a browser is sent to the sign-in page before it is told why that does not help.
pub(super) const MOST: u32 = 3;

/// How long after one redirect the next counts as another round, in seconds.
const REMEMBERED_FOR: u32 = 60;

/// How often the browser was sent.
pub(super) fn count(headers: &HeaderMap, secure: bool) -> u32 {
    let name = cookie_name(secure);
    let fields = headers.get_all(header::COOKIE).map(|field| String::from_utf8_lossy(field.as_bytes()));
    let counted = fields.filter(|field| field.contains(name)).map(|field| {
        let pairs = field.split(';').filter_map(|pair| pair.trim().split_once('='));
        let counts = pairs.filter(|(other, _)| *other == name).filter_map(|(_, value)| value.parse().ok());
        counts.max().unwrap_or(0)
    });
    counted.max().unwrap_or(0).min(MOST)
}

/// Whether a browser only looks ahead at a page that nobody has asked for yet.
pub(super) fn is_prefetch(headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).is_some_and(|value| value.as_bytes().starts_with(b"prefetch"));
    says("sec-purpose") || says("purpose")
}

/// `Set-Cookie` that says so.
pub(crate) fn remember(count: u32, secure: bool) -> Option<HeaderValue> {
    let (attribute, seconds) =
        (if secure { "; Secure" } else { "" }, if count == 0 { 0 } else { REMEMBERED_FOR });
    let name = cookie_name(secure);
    let cookie = format!("{name}={count}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{attribute}");
    HeaderValue::from_str(&cookie).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn what_is_remembered_is_counted_and_what_is_forged_is_bounded() {
        let of = |field: &str| {
            let field = HeaderValue::from_bytes(field.as_bytes()).unwrap();
            count(TestRequest::default().insert_header(("cookie", field)).to_http_request().headers(), false)
        };
        let set = remember(2, false).unwrap();
        assert_eq!(of(set.to_str().unwrap().split(';').next().unwrap()), 2);
        assert_eq!((of("a=b"), of("drawbridge-sent=x"), of("drawbridge-sent=-1")), (0, 0, 0));
        assert_eq!(of("a=b; drawbridge-sent=4000000000"), MOST);
        assert_eq!(of("x=Jürgen; drawbridge-sent=2"), 2, "whatever else is in the jar");
        assert_eq!(of("drawbridge-sent=0; drawbridge-sent=3"), 3, "whatever is planted beside it");
        assert!(remember(1, true).unwrap().to_str().unwrap().starts_with("__Host-drawbridge-sent=1;"));
        assert!(remember(0, false).unwrap().to_str().unwrap().contains("Max-Age=0"));
    }
}
