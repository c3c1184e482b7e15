use actix_web::{HttpResponse, web};
use drawbridge_core::clock::{Clock, SystemClock};
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use serde_json::json;

use crate::{
    account::Account,
    auth_client::Call,
    form::Utf8Form,
    handlers::{Wanted, passkey},
    pages::{Field, FormPage, Link, PasskeyButton, Section, see_other},
    visit::Visit,
};

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmForm {
    csrf: String,
    current: String,
    code: Option<String>,
    next: Option<String>,
}

/// `GET /account/confirm?next=`: asks once more who somebody is, before a sensitive change.
pub(crate) async fn show(visit: Visit, wanted: web::Query<Wanted>) -> Result<HttpResponse, Problem> {
    let next = next(&visit, wanted.next.as_deref());
    let account = visit.account().await?;
    if account.is_confirmed(SystemClock.now()) {
        return Ok(see_other(&next).finish());
    }
    page(&visit, &account, next)?.show()
}

/// `POST /account/confirm`: with the password, and a code where there is a second factor.
pub(crate) async fn take(
    visit: Visit,
    Utf8Form(form): Utf8Form<ConfirmForm>,
) -> Result<HttpResponse, Problem> {
    let next = next(&visit, form.next.as_deref());
    let account = visit.account().await?;
    if !visit.has_shown(&form.csrf) {
        return page(&visit, &account, next)?.show_stale();
    }
    let code = form.code.filter(|code| !code.trim().is_empty());
    let answer = visit.send(Call::CONFIRM, &json!({"password": form.current, "code": code})).await?;
    match answer.refusal() {
        Some(refused) => page(&visit, &account, next)?.refuse(&visit, &answer, &refused),
        None => Ok(see_other(&next).finish()),
    }
}

/// `POST /account/confirm/passkey/begin`.
pub(crate) async fn begin(visit: Visit) -> Result<HttpResponse, Problem> {
    passkey::begin(&visit, Call::CONFIRM_PASSKEY_BEGIN, None).await
}

/// `POST /account/confirm/passkey/finish`.
pub(crate) async fn finish(visit: Visit, body: web::Json<passkey::Finish>) -> Result<HttpResponse, Problem> {
    let next = next(&visit, body.next.as_deref());
    let answer = passkey::finish(&visit, Call::CONFIRM_PASSKEY_FINISH, &body, None).await?;
    Ok(match answer.refusal() {
        Some(refused) => passkey::refuse(&visit, &answer, &refused, Section::Overview.path()),
        None => passkey::go(&answer, Some(&next)),
    })
}

/// Where to go on, which is not this page again.
fn next(visit: &Visit, wanted: Option<&str>) -> String {
    let next = visit.local_target(wanted).filter(|next| !next.starts_with("/account/confirm"));
    next.unwrap_or_else(|| Section::Overview.path().to_owned())
}

fn page(visit: &Visit, account: &Account, next: String) -> Result<FormPage, Problem> {
    let text = visit.text;
    let frame = visit.frame();
    let mut page = FormPage::new(visit, frame, &text.confirm.form, "/account/confirm")?
        .bring("next", Some(next.clone()))
        .field(Field::told(text, text.field.email, &account.email))
        .field(Field::current(text, text.field.password));
    if account.has_second_factor() {
        page = page.field(Field::any_code(text));
    }
    let passkey = PasskeyButton {
        label: text.passkey.use_one,
        begin: "/account/confirm/passkey/begin",
        finish: "/account/confirm/passkey/finish",
        conditional: false,
        next: Some(next),
    };
    page = page.passkey(Some(passkey).filter(|_| !account.passkeys.is_empty()));
    Ok(page.link(Link::new(text.frame.cancel, Section::Overview.path())))
}
