use actix_web::HttpResponse;
use drawbridge_core::clock::{Clock, SystemClock};
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use serde_json::json;

use crate::{
    auth_client::Call,
    form::Utf8Form,
    handlers::{ButtonForm, Nothing, register::shortened},
    pages::{self, Field, FormPage, Link, NoticePage, Section},
    visit::{Visit, confirm_first},
};
use drawbridge_guard::SignedIn;

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailForm {
    csrf: String,
    email: String,
}

/// `GET /account/email`.
pub(crate) async fn show(visit: Visit, person: SignedIn) -> Result<HttpResponse, Problem> {
    let account = visit.account().await?;
    if !account.mail {
        return pages::show(&NoticePage {
            frame: visit.frame().within(Section::Email),
            title: visit.text.email.form.title,
            paragraphs: vec![visit.text.email.no_mail.to_owned()],
            hint: "",
            button: None,
            link: Some(Link::new(visit.text.overview.title, Section::Overview.path())),
        });
    }
    if !account.is_confirmed(SystemClock.now()) {
        return Ok(confirm_first(Section::Email.path()));
    }
    page(&visit, &person, "")?.show()
}

/// `POST /account/email`: has a link sent to the new address, which is in use once that is opened.
pub(crate) async fn take(
    visit: Visit,
    person: SignedIn,
    Utf8Form(form): Utf8Form<EmailForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return page(&visit, &person, &form.email)?.show_stale();
    }
    let answer = visit.send(Call::EMAIL, &json!({"email": form.email})).await?;
    match answer.refusal() {
        Some(refused) => page(&visit, &person, &form.email)?.refuse(&visit, &answer, &refused),
        None => {
            let done = (visit.text.email.done)(&shortened(&form.email));
            visit.leave(done, Section::Overview.path())
        }
    }
}

/// `POST /account/email/resend`: has the link to the present address sent again.
pub(crate) async fn resend(
    visit: Visit,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, Section::Overview.path());
    }
    let answer = visit.send(Call::EMAIL_RESEND, &Nothing {}).await?;
    match answer.refusal() {
        Some(refused) => visit.refuse(&refused, Section::Overview.path()),
        None => visit.leave(visit.text.overview.resent, Section::Overview.path()),
    }
}

fn page(visit: &Visit, person: &SignedIn, email: &str) -> Result<FormPage, Problem> {
    let text = visit.text;
    let frame = visit.frame().within(Section::Email);
    let page = FormPage::new(visit, frame, &text.email.form, Section::Email.path())?;
    Ok(page
        .field(Field::told(text, text.email.present, &person.user.email))
        .field(Field::new_email(text, email)))
}
