//! What `GUARDED_PATHS` demands of the request that a gateway asks about.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap},
};
use drawbridge_http::{
    access_rules::{AccessRules, Decision, Requirement, RuleRequest},
    problem::{Code, Problem},
};
use drawbridge_verification::Grant;

use crate::{app::App, identity};

/// Headers in which gateways name the requested path and query: Traefik and Caddy, and nginx by convention.
const URI_HEADERS: [&str; 2] = ["x-forwarded-uri", "x-original-uri"];

/// Headers in which gateways name the method.
const METHOD_HEADERS: [&str; 2] = ["x-forwarded-method", "x-original-method"];

/// What a request needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Nothing: everyone may see it.
    Nothing,
    Requirement(Requirement),
}

/// What the requested path needs. Without rules, and if the gateway does not name the path, that is a session.
///
/// # Errors
/// The path could be read as that of a guarded page.
pub(crate) fn find_demand(app: &App, request: &HttpRequest) -> Result<Demand, Problem> {
    match decide(&app.access_rules, request) {
        Some(Decision::Public) => Ok(Demand::Nothing),
        Some(Decision::Required(requirement)) => Ok(Demand::Requirement(requirement)),
        None => Ok(Demand::Requirement(Requirement::SignedIn)),
        Some(Decision::Ambiguous) => Err(Problem::new(
            Code::AmbiguousPath,
            "Send the path without encoded slashes, backslashes, semicolons, empty segments and . or .. segments.",
        )
        .as_forbidden()
        .with_headers(identity::ANONYMOUS)),
    }
}

fn decide(rules: &AccessRules, request: &HttpRequest) -> Option<Decision> {
    if rules.is_empty() {
        return None;
    }
    let headers = request.headers();
    let envoy_path = request.match_info().get("path").map(|path| format!("/{path}"));
    let uri = first_of(headers, &URI_HEADERS).or(envoy_path.as_deref())?;
    let (path, query) = uri.split_once('?').map_or((uri, None), |(path, query)| (path, Some(query)));
    let host = first_of(headers, &["x-forwarded-host", header::HOST.as_str()]);
    let method = first_of(headers, &METHOD_HEADERS).unwrap_or(request.method().as_str());
    Some(rules.decide(&RuleRequest { method, host, path, query }))
}

/// Returns true if a valid session is all that a request needs, or has more than it needs.
pub(crate) fn is_granted(demand: &Demand, grant: &Grant) -> bool {
    match demand {
        Demand::Nothing | Demand::Requirement(Requirement::SignedIn) => true,
        Demand::Requirement(Requirement::Role(role)) => grant.record().roles.contains(role),
        Demand::Requirement(Requirement::SecondFactor) => grant.session().second_factor,
    }
}

/// Why a signed-in user may not see a page.
pub(crate) fn refusal(demand: &Demand) -> Problem {
    let problem = match demand {
        Demand::Requirement(Requirement::SecondFactor) => Problem::new(
            Code::ConfirmationRequired,
            "This page requires a sign-in with a second factor. Confirm the identity of the user with one.",
        ),
        _ => Problem::new(Code::MissingRole, "This account does not have the role that the page requires."),
    };
    problem.with_headers(identity::ANONYMOUS)
}

fn first_of<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| headers.get(*name)?.to_str().ok())
}
