//! Distinguishes navigations in a browser from requests by scripts.

use actix_web::http::{
    Method,
    header::{self, HeaderMap},
};

/// Headers that only scripts send: those of Next.js, of jQuery and others, and of a WebSocket handshake.
const SCRIPT_HEADERS: [&str; 6] = [
    "rsc",
    "next-router-state-tree",
    "next-router-prefetch",
    "next-router-segment-prefetch",
    "x-requested-with",
    "sec-websocket-key",
];

/// What kind of request a browser sends.
const FETCH_MODE: &str = "sec-fetch-mode";

/// Parts of media types that no browser asks for when it opens a page.
const SCRIPT_TYPES: [&str; 4] = ["json", "text/event-stream", "image/", "text/x-component"];

/// Returns true if a browser navigates to a page, rather than a script requesting data.
///
/// Browsers send `Sec-Fetch-Mode`. Other clients count as scripts if a
/// header says so, or if they accept JSON, events or images but not HTML.
pub fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return false;
    }
    if is_script(headers) {
        return false;
    }
    if headers.contains_key(FETCH_MODE) {
        return true;
    }
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    accept.contains("text/html") || !SCRIPT_TYPES.iter().any(|part| accept.contains(part))
}

/// Returns true if a header says that a script, rather than a navigation or a form, sent the request. A script that says
/// nothing of the kind is not recognized.
pub fn is_script(headers: &HeaderMap) -> bool {
    match headers.get(FETCH_MODE) {
        Some(mode) => mode.as_bytes() != b"navigate",
        None => SCRIPT_HEADERS.iter().any(|name| headers.contains_key(*name)),
    }
}

/// Returns true if the client only prefetches what the user has not asked for yet.
pub fn is_prefetch(headers: &HeaderMap) -> bool {
    let starts_with_prefetch =
        |name: &str| headers.get(name).is_some_and(|value| value.as_bytes().starts_with(b"prefetch"));
    starts_with_prefetch("sec-purpose")
        || starts_with_prefetch("purpose")
        || headers.contains_key("next-router-prefetch")
        || headers.contains_key("next-router-segment-prefetch")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn navigations_and_scripts_are_distinguished() {
        let of = |method: Method, fields: &[(&'static str, &'static str)]| {
            let request = fields
                .iter()
                .fold(TestRequest::default().method(method), |request, field| request.insert_header(*field));
            let request = request.to_http_request();
            is_navigation(request.method(), request.headers())
        };
        assert!(of(Method::GET, &[]));
        assert!(of(Method::GET, &[("accept", "*/*")]));
        assert!(of(Method::GET, &[("accept", "text/html,application/json;q=0.9")]));
        assert!(of(Method::GET, &[("sec-fetch-mode", "navigate"), ("accept", "application/json")]));
        assert!(!of(Method::GET, &[("accept", "application/json")]));
        assert!(!of(Method::GET, &[("sec-fetch-mode", "cors"), ("accept", "*/*")]));
        assert!(!of(Method::GET, &[("accept", "text/event-stream")]));
        assert!(!of(Method::GET, &[("accept", "image/avif,image/webp,*/*")]));
        assert!(!of(Method::GET, &[("accept", "*/*"), ("rsc", "1")]));
        assert!(!of(Method::GET, &[("accept", "text/html"), ("next-router-prefetch", "1")]));
        assert!(!of(Method::POST, &[("accept", "text/html")]));
    }
}
