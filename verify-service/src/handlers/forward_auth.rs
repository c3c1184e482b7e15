use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderMap},
    },
    web,
};
use drawbridge_core::{
    origin::{Origin, encode_next},
    return_url::ReturnUrl,
};
use drawbridge_http::{
    access_rules::Requirement, navigation::is_navigation, problem::Problem, request_id::RequestId,
};
use drawbridge_verification::{Refusal, token::AcceptedTokens};

use super::auth_request::{AccessProblems, GatewayProblems};
use crate::{
    access::{self, Demand},
    app::App,
    identity,
    verdict::{self, Verdict},
};

/// `GET /forward-auth`: returns 200 with the user in headers, or 401, to Traefik and Caddy, whatever the method. A
/// browser that loads a page is redirected to the sign-in page. During an outage, the response is 503.
#[utoipa::path(
    get,
    path = "/forward-auth",
    operation_id = "check_forwarded_request",
    tag = "Gateways",
    responses(
        (status = 200, description = "The client is signed in. The headers are those of `/auth-request`."),
        (
            status = 302,
            description = "A browser that is not signed in loads a page.",
            headers(("location" = String, description = "The sign-in page."))
        ),
        GatewayProblems,
        AccessProblems
    )
)]
pub(crate) async fn forward_auth(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let verdict = verdict::verify(&app, request.headers(), AcceptedTokens::Session).await;
    respond(&app, &request, verdict, RequestId::of(&request).as_ref()).await
}

/// `GET /forward-auth/{path}`: answers Envoy, which appends the requested path, like `/forward-auth`.
#[utoipa::path(
    get,
    path = "/forward-auth/{path}",
    operation_id = "check_forwarded_path",
    tag = "Gateways",
    params(("path" = String, Path, description = "The requested path, which may contain slashes.")),
    responses(
        (status = 200, description = "The client is signed in. The headers are those of `/auth-request`."),
        (
            status = 302,
            description = "A browser that is not signed in loads a page.",
            headers(("location" = String, description = "The sign-in page."))
        ),
        GatewayProblems,
        AccessProblems
    )
)]
pub(crate) async fn forward_auth_with_path(
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    forward_auth(app, request).await
}

/// The response to a verdict.
pub(crate) async fn respond(
    app: &App,
    request: &HttpRequest,
    verdict: Verdict,
    request_id: Option<&RequestId>,
) -> Result<HttpResponse, Problem> {
    let demand = access::find_demand(app, request)?;
    let refusal = match verdict {
        Ok(grant) if !access::is_granted(&demand, &grant) => return refuse_user(app, request, &demand),
        Ok(grant) => return Ok(identity::response_with_renewal(app, request, &grant, request_id).await),
        Err(refusal) if demand == Demand::Nothing => return Ok(identity::response_without_user(&refusal)),
        Err(refusal) => refusal,
    };
    let is_outage = matches!(refusal, Refusal::Unavailable(_));
    if is_outage || !is_navigation(&forwarded_method(request), request.headers()) {
        return Err(identity::refusal_problem(refusal));
    }
    let path = request.match_info().get("path");
    Ok(redirect(&sign_in_target(app, request.headers(), path)))
}

/// The method of the request that the gateway asks about.
fn forwarded_method(request: &HttpRequest) -> Method {
    let method = text(request.headers(), "x-forwarded-method").and_then(|method| method.parse().ok());
    method.unwrap_or_else(|| request.method().clone())
}

fn redirect(target: &str) -> HttpResponse {
    let mut response = HttpResponse::Found();
    response.insert_header((header::LOCATION, target));
    for header in identity::ANONYMOUS {
        response.insert_header(*header);
    }
    response.finish()
}

/// The response to a signed-in user who may not see the page. A second factor can be given now.
fn refuse_user(app: &App, request: &HttpRequest, demand: &Demand) -> Result<HttpResponse, Problem> {
    let needs_factor = matches!(demand, Demand::Requirement(Requirement::SecondFactor));
    if !needs_factor || !is_navigation(&forwarded_method(request), request.headers()) {
        return Err(access::refusal(demand));
    }
    let page = format!("{}{}", app.frontend_origin, app.pages.at("/account/confirm?factor=second"));
    let target = requested_target(&app.frontend_origin, request.headers(), request.match_info().get("path"));
    let next = target.map(|target| format!("&next={}", encode_next(&target))).unwrap_or_default();
    Ok(redirect(&format!("{page}{next}")))
}

/// The URL of the sign-in page, which returns to the requested page afterwards.
fn sign_in_target(app: &App, headers: &HeaderMap, path: Option<&str>) -> String {
    let page = format!("{}{}", app.frontend_origin, app.pages.at("/login"));
    match requested_target(&app.frontend_origin, headers, path) {
        Some(target) => format!("{page}?next={}", encode_next(&target)),
        None => page,
    }
}

/// The requested path and query on the frontend's origin, or the requested URL on another one. A client may have sent
/// these headers, so they are not trusted: the sign-in page only returns to its own origin and to registered ones.
fn requested_target(frontend: &Origin, headers: &HeaderMap, path: Option<&str>) -> Option<String> {
    let host = text(headers, "x-forwarded-host").or_else(|| text(headers, header::HOST.as_str()))?;
    let default_scheme = if frontend.is_https() { "https" } else { "http" };
    let scheme = text(headers, "x-forwarded-proto").unwrap_or(default_scheme);
    let origin = Origin::parse(&format!("{scheme}://{host}")).ok()?;
    let target = match text(headers, "x-forwarded-uri") {
        Some(uri) => origin.local_target(uri)?,
        None => origin.local_target(&format!("/{}", path?))?,
    };
    if origin == *frontend {
        return Some(target);
    }
    ReturnUrl::parse(&format!("{origin}{target}")).map(|url| url.to_string())
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
    fn another_origin_is_passed_on_as_a_url() {
        for (case, proto, host, uri, expected) in [
            ("another host", "https", "shop.example.com", "/a?b=c", "https://shop.example.com/a?b=c"),
            ("another port", "https", "app.example.com:444", "/a", "https://app.example.com:444/a"),
            ("localhost", "http", "localhost:3000", "/a", "http://localhost:3000/a"),
        ] {
            assert_eq!(target(&Forwarded { proto, host, uri }).as_deref(), Some(expected), "{case}");
        }
    }

    #[test]
    fn a_malformed_request_has_no_target() {
        for (case, proto, host, uri) in [
            ("a user before the host", "https", "app.example.com@evil.example", "/a"),
            ("plain http", "http", "app.example.com", "/a"),
            ("plain http elsewhere", "http", "shop.example.com", "/a"),
            ("another scheme", "javascript", "alert(1)", "/a"),
            ("two hosts", "https", "shop.example.com, proxy.internal", "/a"),
            ("a separator of directives", "https", "a;b.example.com", "/a"),
            ("a path that names a host", "https", "app.example.com", "//evil.example"),
            ("a path elsewhere that names a host", "https", "shop.example.com", "//evil.example"),
            ("a backslash", "https", "shop.example.com", "/\\evil.example"),
            ("a path without a slash", "https", "shop.example.com", "@evil.example/"),
            ("a URL as path", "https", "app.example.com", "https://evil.example/"),
            ("a path in the host", "https", "app.example.com/x", "/a"),
            ("no host", "https", "", "/a"),
        ] {
            assert_eq!(target(&Forwarded { proto, host, uri }), None, "{case}");
        }
    }
}
