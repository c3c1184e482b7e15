//! Distinguishes navigations in a browser from requests by scripts.

use actix_web::http::{
    Method,
    header::{self, HeaderMap},
};

/// Headers that only scripts send: those of Next.js, of jQuery and others, and of a WebSocket handshake.
const SCRIPT_HEADERS: [&str; 4] = ["rsc", "next-router-state-tree", "x-requested-with", "sec-websocket-key"];

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
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(mode) = header("sec-fetch-mode") {
        return mode == "navigate";
    }
    if SCRIPT_HEADERS.iter().any(|name| headers.contains_key(*name)) {
        return false;
    }
    let accept = header(header::ACCEPT.as_str()).unwrap_or("*/*");
    accept.contains("text/html") || !SCRIPT_TYPES.iter().any(|part| accept.contains(part))
}

/// Returns true if the client only prefetches what the user has not asked for yet.
pub fn is_prefetch(headers: &HeaderMap) -> bool {
    let starts_with_prefetch =
        |name: &str| headers.get(name).is_some_and(|value| value.as_bytes().starts_with(b"prefetch"));
    starts_with_prefetch("sec-purpose")
        || starts_with_prefetch("purpose")
        || headers.contains_key("next-router-prefetch")
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
        assert!(!of(Method::POST, &[("accept", "text/html")]));
    }
}
