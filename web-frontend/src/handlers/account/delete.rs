use actix_web::HttpResponse;
use drawbridge_core::clock::{Clock, SystemClock};
use drawbridge_http::problem::{Code, Problem, status_of};
use serde::Deserialize;

use crate::{
    auth_client::Call,
    form::Utf8Form,
    pages::{Field, Flash, FormPage, Link, Section, see_other},
    visit::{Visit, confirm_first},
};
use drawbridge_guard::SignedIn;

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteForm {
    csrf: String,
    sure: Option<String>,
}

/// `GET /account/delete`.
pub(crate) async fn show(visit: Visit, person: SignedIn) -> Result<HttpResponse, Problem> {
    if !visit.account().await?.is_confirmed(SystemClock.now()) {
        return Ok(confirm_first(Section::Delete.path()));
    }
    page(&visit, &person)?.show()
}

/// `POST /account/delete`: deletes the account and forgets the cookies.
pub(crate) async fn take(
    visit: Visit,
    person: SignedIn,
    Utf8Form(form): Utf8Form<DeleteForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return page(&visit, &person)?.show_stale();
    }
    if form.sure.is_none() {
        let response = HttpResponse::build(status_of(Code::InvalidBody));
        return page(&visit, &person)?.fault("sure", visit.text.delete.not_sure).show_with(response);
    }
    let answer = visit.ask(Call::DELETE_ME).await?;
    if let Some(refused) = answer.refusal() {
        return page(&visit, &person)?.refuse(&visit, &answer, &refused);
    }
    visit.begin_anew();
    Flash::new(visit.text.delete.done).leave(&visit.session)?;
    let mut response = see_other("/");
    answer.set_cookies(&mut response);
    Ok(response.finish())
}

fn page(visit: &Visit, person: &SignedIn) -> Result<FormPage, Problem> {
    let text = visit.text;
    let frame = visit.frame().within(Section::Delete);
    let page = FormPage::new(visit, frame, &text.delete.form, Section::Delete.path())?.dangerous();
    Ok(page
        .field(Field::told(text, text.field.email, &person.user.email))
        .field(Field::tick(text, "sure", text.delete.sure, false))
        .link(Link::new(text.frame.cancel, Section::Overview.path())))
}
