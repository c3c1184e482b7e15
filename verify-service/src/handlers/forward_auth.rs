use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderMap},
    },
    web,
};
use drawbridge_core::origin::{Origin, encode_next};
use drawbridge_http::{navigation::is_navigation, problem::Problem, request_id::RequestId};
use drawbridge_verification::Refusal;

use crate::{
    app::App,
    identity,
    verdict::{self, Verdict},
};

/// `/forward-auth` for Traefik and Caddy, and `/forward-auth/{path}` for Envoy, with any method: 200 with the
/// user in headers, or 401; a browser that loads a page is redirected to the sign-in page. An outage is 503.
pub(crate) async fn forward_auth(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let verdict = verdict::verify(&app, request.headers()).await;
    respond(&app, &request, verdict, RequestId::of(&request).as_ref()).await
}

/// The response to a verdict.
pub(crate) async fn respond(
    app: &App,
    request: &HttpRequest,
    verdict: Verdict,
    request_id: Option<&RequestId>,
) -> Result<HttpResponse, Problem> {
    let refusal = match verdict {
        Ok(grant) => return Ok(identity::response_with_renewal(app, request, &grant, request_id).await),
        Err(outage @ Refusal::Unavailable(_)) => return Err(outage.into()),
        Err(refusal) => refusal,
    };
    let method =
        text(request.headers(), "x-forwarded-method").and_then(|method| method.parse::<Method>().ok());
    if !is_navigation(method.as_ref().unwrap_or(request.method()), request.headers()) {
        return Err(Problem::from(refusal).as_unauthorized());
    }
    let path = request.match_info().get("path");
    let target = sign_in_target(&app.frontend_origin, request.headers(), path);
    Ok(HttpResponse::Found().insert_header((header::LOCATION, target)).finish())
}

/// The URL of the sign-in page, which returns to the requested page afterwards.
fn sign_in_target(frontend: &Origin, headers: &HeaderMap, path: Option<&str>) -> String {
    match requested_target(frontend, headers, path) {
        Some(target) => format!("{frontend}/login?next={}", encode_next(&target)),
        None => format!("{frontend}/login"),
    }
}

/// The requested path and query, if they are on the frontend's origin. A client may have sent these headers,
/// so they are not trusted: the sign-in page never redirects to another origin.
fn requested_target(frontend: &Origin, headers: &HeaderMap, path: Option<&str>) -> Option<String> {
    let host = text(headers, "x-forwarded-host").or_else(|| text(headers, header::HOST.as_str()))?;
    let default_scheme = if frontend.is_https() { "https" } else { "http" };
    let scheme = text(headers, "x-forwarded-proto").unwrap_or(default_scheme);
    let origin = Origin::parse(&format!("{scheme}://{host}")).ok()?;
    if origin != *frontend {
        return None;
    }
    match text(headers, "x-forwarded-uri") {
        Some(uri) => frontend.local_target(uri),
        None => frontend.local_target(&format!("/{}", path?)),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    struct Forwarded {
        proto: &'static str,
        host: &'static str,
        uri: &'static str,
    }

    fn target(forwarded: &Forwarded) -> Option<String> {
        let request = TestRequest::default()
            .insert_header(("x-forwarded-proto", forwarded.proto))
            .insert_header(("x-forwarded-host", forwarded.host))
            .insert_header(("x-forwarded-uri", forwarded.uri))
            .to_http_request();
        requested_target(&frontend(), request.headers(), None)
    }

    fn frontend() -> Origin {
        Origin::parse("https://app.example.com").unwrap()
    }

    #[test]
    fn the_requested_page_is_taken_from_forwarded_headers() {
        let forwarded = Forwarded { proto: "https", host: "app.example.com", uri: "/a?b=c" };

        assert_eq!(target(&forwarded).as_deref(), Some("/a?b=c"));
    }

    #[test]
    fn without_forwarded_headers_the_path_is_used() {
        let request = TestRequest::default().insert_header(("host", "app.example.com")).to_http_request();

        let target = requested_target(&frontend(), request.headers(), Some("a/b"));

        assert_eq!(target.as_deref(), Some("/a/b"));
    }

    #[test]
    fn another_origin_is_never_a_target() {
        for (case, proto, host, uri) in [
            ("another host", "https", "evil.example", "/a"),
            ("a user before the host", "https", "app.example.com@evil.example", "/a"),
            ("another port", "https", "app.example.com:444", "/a"),
            ("another scheme", "http", "app.example.com", "/a"),
            ("a path that names a host", "https", "app.example.com", "//evil.example"),
            ("a URL as path", "https", "app.example.com", "https://evil.example/"),
            ("a path in the host", "https", "app.example.com/x", "/a"),
            ("no host", "https", "", "/a"),
        ] {
            assert_eq!(target(&Forwarded { proto, host, uri }), None, "{case}");
        }
    }
}
