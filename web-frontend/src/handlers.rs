//! One page or endpoint a file.

pub(crate) mod account;
pub(crate) mod api;
pub(crate) mod confirm_address;
pub(crate) mod enrol;
pub(crate) mod forgot_password;
pub(crate) mod health_ready;
pub(crate) mod home;
pub(crate) mod language;
pub(crate) mod login;
pub(crate) mod logout;
mod passkey;
pub(crate) mod private;
pub(crate) mod register;
pub(crate) mod reset_password;
pub(crate) mod second;

use actix_web::{HttpResponse, http::StatusCode};
use drawbridge_http::problem::Problem;
use serde::{Deserialize, Serialize};

use crate::{
    auth_client::Answer,
    pages::see_other,
    pending::Pending,
    visit::{AFTER_LOGIN, Visit},
};

/// `?next=`: where the person wanted to go.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    next: Option<String>,
}

/// `?token=`: what a link in a mail brings.
#[derive(Deserialize)]
pub(crate) struct LinkQuery {
    #[serde(default)]
    token: String,
}

/// What a link in a mail is for.
#[derive(Deserialize)]
struct LinkData {
    kind: String,
    email: String,
}

/// The field of a form that is a button alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ButtonForm {
    csrf: String,
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

/// A call without content.
#[derive(Serialize)]
struct Nothing {}

/// Goes on after a right password or passkey: inside, or to the second step.
fn go_on(visit: &Visit, answer: &Answer, next: Option<String>, email: &str) -> Result<HttpResponse, Problem> {
    if answer.status == StatusCode::ACCEPTED {
        let pending = Pending { next, email: email.to_owned(), ..answer.data()? };
        pending.keep(&visit.session)?;
        return Ok(see_other(pending.page()).finish());
    }
    Ok(go_in(visit, answer, next.as_deref()))
}

/// Lets a person in who has shown all that is asked for.
fn go_in(visit: &Visit, answer: &Answer, next: Option<&str>) -> HttpResponse {
    visit.begin_anew();
    let mut response = see_other(next.unwrap_or(AFTER_LOGIN));
    answer.set_cookies(&mut response);
    response.finish()
}
