//! Which headers go on, in which form.

use actix_web::{
    cookie::Cookie,
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
};
use reqwest::Url;
use shared::{proxy_identity::PROXY_IDENTITY, request_id::REQUEST_ID};

/// Headers of one connection (RFC 9110, 7.6.1), and those that a proxy must not take from a client.
const NOT_ON: [&str; 16] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-real-ip",
];

/// Whether a header goes on: not if it is of this connection alone, which the `Connection` header may say of
/// others, too.
pub(super) fn goes_on(name: &HeaderName, all: &HeaderMap) -> bool {
    let listed = all.get_all(header::CONNECTION).filter_map(|value| value.to_str().ok());
    let is_listed =
        listed.flat_map(|list| list.split(',')).any(|word| word.trim().eq_ignore_ascii_case(name.as_str()));
    !NOT_ON.contains(&name.as_str()) && !is_listed && name != PROXY_IDENTITY && name != REQUEST_ID
}

/// The cookies that are the backend's: all but ours. HTTP/2 splits the field, HTTP/1.1 has one.
pub(super) fn foreign_cookies(headers: &HeaderMap, is_ours: impl Fn(&str) -> bool) -> Option<HeaderValue> {
    let fields = headers.get_all(header::COOKIE).filter_map(|field| field.to_str().ok());
    let pairs = fields.flat_map(|field| field.split(';')).map(str::trim).filter(|pair| !pair.is_empty());
    let foreign: Vec<_> =
        pairs.filter(|pair| !is_ours(pair.split('=').next().unwrap_or_default().trim())).collect();
    if foreign.is_empty() {
        return None;
    }
    HeaderValue::from_str(&foreign.join("; ")).ok()
}

/// A backend's `Set-Cookie`, confined to its prefix on this host: no `Domain`, and never a cookie of ours or
/// one whose name promises what a backend behind a prefix cannot keep.
pub(super) fn confined(
    value: &HeaderValue,
    prefix: &str,
    secure: bool,
    is_ours: impl Fn(&str) -> bool,
) -> Option<HeaderValue> {
    let mut cookie = Cookie::parse(value.to_str().ok()?.to_owned()).ok()?;
    let lower = cookie.name().to_ascii_lowercase();
    if is_ours(cookie.name()) || lower.starts_with("__host-") || (lower.starts_with("__") && !secure) {
        return None;
    }
    let path = cookie.path().filter(|path| path.starts_with('/')).unwrap_or("/").trim_end_matches('/');
    let path = if path == prefix || path.starts_with(&format!("{prefix}/")) {
        path.to_owned()
    } else {
        format!("{prefix}{path}")
    };
    cookie.set_path(path);
    cookie.unset_domain();
    if secure {
        cookie.set_secure(true);
    } else {
        cookie.set_secure(false);
    }
    HeaderValue::from_str(&cookie.to_string()).ok()
}

/// A backend's `Location` on this origin, if it stays with the backend.
pub(super) fn relocated(value: &HeaderValue, asked: &Url, target: &Url, prefix: &str) -> Option<HeaderValue> {
    let location = asked.join(value.to_str().ok()?).ok()?;
    if location.origin() != target.origin() {
        return None;
    }
    let rest = location.path().strip_prefix(target.path().trim_end_matches('/'))?;
    let query = location.query().map(|query| format!("?{query}")).unwrap_or_default();
    let fragment = location.fragment().map(|fragment| format!("#{fragment}")).unwrap_or_default();
    HeaderValue::from_str(&format!("{prefix}{rest}{query}{fragment}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn is_ours(name: &str) -> bool {
        name == "token"
    }

    #[test]
    fn headers_of_one_connection_stay_here() {
        let request = TestRequest::default()
            .insert_header(("connection", "close, X-Secret-Hop"))
            .insert_header(("x-secret-hop", "1"))
            .to_http_request();
        let on = |name: &str| goes_on(&name.parse().unwrap(), request.headers());
        for name in
            ["connection", "te", "upgrade", "x-secret-hop", "host", "x-forwarded-for", "x-drawbridge-proxy"]
        {
            assert!(!on(name), "{name}");
        }
        assert!(on("accept") && on("authorization") && on("content-type"));
    }

    #[test]
    fn the_backend_sees_its_own_cookies_alone() {
        let of = |fields: &[&'static str]| {
            let request =
                fields.iter().fold(TestRequest::default(), |r, field| r.append_header(("cookie", *field)));
            let value = foreign_cookies(request.to_http_request().headers(), is_ours);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(of(&["a=1; token=s; b=2"]).as_deref(), Some("a=1; b=2"));
        assert_eq!(of(&["token=s"]), None);
        assert_eq!(of(&["a=1", "token=s", "b=2"]).as_deref(), Some("a=1; b=2"));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_backends_cookie_stays_below_its_prefix() {
        let of = |text: &'static str, secure| {
            let value = confined(&HeaderValue::from_static(text), "/backend", secure, is_ours);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        let plain = of("cart=7; Domain=api.example.com; Path=/; HttpOnly; SameSite=Strict", true).unwrap();
        assert!(
            plain.contains("Path=/backend") && plain.contains("Secure") && plain.contains("HttpOnly"),
            "{plain}"
        );
        assert!(!plain.contains("Domain"), "{plain}");
        assert!(of("a=b; Path=/v1/x", true).unwrap().contains("Path=/backend/v1/x"));
        assert!(of("a=b; Path=/backend/x", true).unwrap().contains("Path=/backend/x"));
        assert!(
            !of("a=b; Secure", false).unwrap().contains("Secure"),
            "on plain-http localhost it would be dropped"
        );
        for text in ["token=evil", "__Host-x=1; Secure; Path=/", "", "novalue"] {
            assert_eq!(of(text, true), None, "{text}");
        }
    }

    #[test]
    fn a_redirect_within_the_backend_stays_on_this_origin() {
        let (asked, target) = ("http://api/v1/a/b".parse().unwrap(), "http://api/v1".parse().unwrap());
        let of = |location: &'static str| {
            let value = relocated(&HeaderValue::from_static(location), &asked, &target, "/backend");
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(of("/v1/c?d=e#f").as_deref(), Some("/backend/c?d=e#f"));
        assert_eq!(of("c").as_deref(), Some("/backend/a/c"));
        assert_eq!(of("http://api/v1/c").as_deref(), Some("/backend/c"));
        assert_eq!(of("https://idp.example/authorize"), None);
        assert_eq!(of("/other"), None);
    }
}
