//! Telling a person in a browser from a script.

use actix_web::http::{
    Method,
    header::{self, HeaderMap},
};

/// Whether a person in a browser waits for a page, rather than a script for data.
///
/// Browsers say so themselves (`Sec-Fetch-Mode`); of other clients, those that accept JSON but not
/// HTML are scripts.
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
    fn people_and_scripts_are_told_apart() {
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
