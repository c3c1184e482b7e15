//! One page or endpoint a file.

pub(crate) mod api;
pub(crate) mod health_ready;
pub(crate) mod home;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod private;
pub(crate) mod register;

use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use shared::{device_cookie, http::RequestId, problem::Problem, verification::Refusal};

use crate::{
    app::App,
    auth_client::{Answer, Call, Request},
    pages::see_other,
};

/// Where a person lands who wanted nothing else.
const AFTER_LOGIN: &str = "/private";

/// What a visitor reads whose form was shown in another session, or a long time ago.
const STALE_FORM: &str = "The form was out of date, or your browser keeps no cookies. Please send it again.";

/// `?next=`: where the person wanted to go.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    next: Option<String>,
}

/// The fields of the sign-in and the sign-up form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsForm {
    csrf: String,
    email: String,
    password: String,
    next: Option<String>,
}

#[derive(Serialize)]
struct CredentialsBody<'a> {
    email: &'a str,
    password: &'a str,
}

/// The wanted path, if it is one of this origin, and not a form that would send the person round.
fn local_target(app: &App, next: Option<&str>) -> Option<String> {
    let target = app.frontend_origin.local_target(next?)?;
    let path = target.split(['?', '#']).next().unwrap_or_default();
    (!matches!(path, "/login" | "/register" | "/logout")).then_some(target)
}

/// Sends whoever is signed in already on to where they wanted to go: no form is for them.
async fn send_on(app: &App, request: &HttpRequest, next: Option<&str>) -> Option<HttpResponse> {
    visitor_email(app, request).await?;
    Some(see_other(next.unwrap_or(AFTER_LOGIN)).finish())
}

/// Sends a form's address and password to auth-service.
async fn send_credentials(
    app: &App,
    request: &HttpRequest,
    call: Call,
    form: &CredentialsForm,
) -> Result<Answer, Problem> {
    let body = CredentialsBody { email: &form.email, password: &form.password };
    let body = serde_json::to_vec(&body).map_err(Problem::internal)?;
    let body = Some(("application/json".to_owned(), body));
    let (id, client) = (RequestId::of(request), app.client_address(request));
    let device = device_cookie::read(request.headers(), app.cookie.policy());
    app.auth.send(Request { call, tokens: &[], body, id, client, device }).await
}

/// The address of whoever is signed in, for the frame of a page that everybody may see. In an
/// outage such a page shows nobody.
async fn visitor_email(app: &App, request: &HttpRequest) -> Option<String> {
    match app.guard.identify(request).await {
        Ok(verified) => Some(verified.user.email),
        Err(Refusal::Unavailable(cause)) => {
            tracing::warn!(cause, "a public page is shown without the visitor's name");
            None
        }
        Err(_) => None,
    }
}
