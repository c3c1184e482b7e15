//! Distinguishes navigations in a browser from requests by scripts.

use actix_web::http::{
    Method,
    header::{self, HeaderMap},
};

/// Returns true if a browser navigates to a page, rather than a script requesting data.
///
/// Browsers send `Sec-Fetch-Mode`. Other clients count as scripts if they accept JSON but not HTML.
pub fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return false;
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(mode) = header("sec-fetch-mode") {
        return mode == "navigate";
    }
    let accept = header(header::ACCEPT.as_str()).unwrap_or("*/*");
    accept.contains("text/html") || !accept.contains("json")
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
        assert!(!of(Method::POST, &[("accept", "text/html")]));
    }
}
