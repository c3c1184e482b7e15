use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderMap},
    },
    web,
};
use drawbridge_core::origin::{Origin, encode_next};
use drawbridge_http::{navigation::is_navigation, problem::Problem};
use drawbridge_verification::Refusal;

use super::identify;
use crate::app::App;

/// `/forward-auth`, for Traefik and Caddy, and `/forward-auth/{path}` for Envoy, by any method: 200
/// with who it is, or 401; a person's navigation is sent to the sign-in page. An outage is 503.
pub(crate) async fn forward_auth(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let refusal = match identify(&app, &request).await {
        Ok(response) => return Ok(response),
        Err(refusal @ Refusal::Unavailable(_)) => return Err(refusal.into()),
        Err(refusal) => refusal,
    };
    let forwarded = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let method = forwarded("x-forwarded-method").and_then(|method| method.parse::<Method>().ok());
    if !is_navigation(method.as_ref().unwrap_or(request.method()), request.headers()) {
        return Err(Problem::from(refusal).as_unauthorized());
    }
    let mut target = format!("{}/login", app.frontend_origin);
    if let Some(wanted) = wanted(&app.frontend_origin, request.headers(), request.match_info().get("path")) {
        target.push_str(&format!("?next={}", encode_next(&wanted)));
    }
    Ok(HttpResponse::Found().insert_header((header::LOCATION, target)).finish())
}

/// The path that the person wanted, if it is one of the frontend. What the headers say is hostile
/// until then: a client may have sent them, and the sign-in page leads to no other origin.
fn wanted(frontend: &Origin, headers: &HeaderMap, path: Option<&str>) -> Option<String> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str()))?;
    let scheme = text("x-forwarded-proto").unwrap_or(if frontend.is_https() { "https" } else { "http" });
    let origin = Origin::parse(&format!("{scheme}://{host}")).ok()?;
    let path = text("x-forwarded-uri").map(str::to_owned).or_else(|| Some(format!("/{}", path?)))?;
    (origin == *frontend).then(|| frontend.local_target(&path)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn only_a_path_of_the_frontend_is_led_back_to() {
        let frontend = Origin::parse("https://app.example.com").unwrap();
        let of = |host: &'static str, uri: &'static str, proto: &'static str| {
            let request = TestRequest::default()
                .insert_header(("x-forwarded-host", host))
                .insert_header(("x-forwarded-uri", uri))
                .insert_header(("x-forwarded-proto", proto))
                .to_http_request();
            wanted(&frontend, request.headers(), None)
        };
        assert_eq!(of("app.example.com", "/a?b=c", "https").as_deref(), Some("/a?b=c"));
        for (host, uri, proto) in [
            ("evil.example", "/a", "https"),
            ("app.example.com@evil.example", "/a", "https"),
            ("app.example.com:444", "/a", "https"),
            ("app.example.com", "/a", "http"),
            ("app.example.com", "//evil.example", "https"),
            ("app.example.com", "https://evil.example/", "https"),
            ("app.example.com/x", "/a", "https"),
            ("", "/a", "https"),
        ] {
            assert_eq!(of(host, uri, proto), None, "{proto} {host} {uri}");
        }
        let envoy = TestRequest::default().insert_header(("host", "app.example.com")).to_http_request();
        assert_eq!(wanted(&frontend, envoy.headers(), Some("a/b")).as_deref(), Some("/a/b"));
    }
}
