//! Who may send a request to the application or to an upstream, according to `GUARDED_PATHS`.

use actix_web::{HttpRequest, HttpResponse, http::header};
use drawbridge_core::origin::encode_next;
use drawbridge_guard::{RequestSession, requested_page};
use drawbridge_http::{
    access_rules::{Decision, Requirement, RuleRequest},
    navigation::is_navigation,
    problem::{Code, Problem},
};
use drawbridge_verification::{Refusal, Verified};

use crate::{app::App, pages::see_other};

/// What the rules demand of a request.
///
/// # Errors
/// The path could be read as that of a guarded page.
pub(super) fn find_requirement(app: &App, request: &HttpRequest) -> Result<Option<Requirement>, Problem> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let decision = app.access_rules.decide(&RuleRequest {
        method: request.method().as_str(),
        host,
        path: request.uri().path(),
        query: request.uri().query(),
    });
    match decision {
        Decision::Public => Ok(None),
        Decision::Required(requirement) => Ok(Some(requirement)),
        Decision::Ambiguous => Err(Problem::new(
            Code::AmbiguousPath,
            "Send the path without encoded slashes, backslashes, semicolons, empty segments and . or .. segments.",
        )),
    }
}

/// Checks a requirement. Returns the response that refuses the request, if it is refused.
///
/// # Errors
/// The client is signed in but lacks the role, or an outage keeps this service from finding out who it is.
pub(super) fn refuse(
    app: &App,
    request: &HttpRequest,
    requirement: Option<&Requirement>,
    session: &RequestSession,
) -> Result<Option<HttpResponse>, Problem> {
    let Some(requirement) = requirement else { return Ok(None) };
    match session {
        RequestSession::SignedIn { verified, .. } => check(app, request, requirement, verified),
        RequestSession::Anonymous { refusal } => Ok(Some(app.guard.refuse_request(request, refusal))),
        RequestSession::Unknown { .. } => {
            Err(Refusal::Unavailable("the session of a guarded path cannot be verified".into()).into())
        }
    }
}

fn check(
    app: &App,
    request: &HttpRequest,
    requirement: &Requirement,
    verified: &Verified,
) -> Result<Option<HttpResponse>, Problem> {
    match requirement {
        Requirement::SignedIn => Ok(None),
        Requirement::Role(role) if verified.user.roles.contains(role) => Ok(None),
        Requirement::Role(_) => Err(Problem::new(
            Code::MissingRole,
            "This account does not have the role that the page requires.",
        )),
        Requirement::SecondFactor if verified.session.second_factor => Ok(None),
        Requirement::SecondFactor => step_up(app, request).map(Some),
    }
}

/// The page where users confirm their identity with a second factor, which leads to `wanted` afterwards.
pub(crate) fn step_up_target(app: &App, wanted: &str) -> String {
    app.pages.at(&format!("/account/confirm?factor=second&next={}", encode_next(wanted)))
}

/// Sends a browser to the page where users confirm their identity.
fn step_up(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    if !is_navigation(request.method(), request.headers()) {
        let detail =
            "This page requires a sign-in with a second factor. Confirm the identity of the user with one.";
        return Err(Problem::new(Code::ConfirmationRequired, detail));
    }
    Ok(see_other(&step_up_target(app, &requested_page(request.uri())))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish())
}
