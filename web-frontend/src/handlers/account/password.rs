use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use serde_json::json;

use crate::{
    auth_client::Call,
    form::Utf8Form,
    pages::{Field, FormPage, Section},
    visit::Visit,
};
use drawbridge_guard::SignedIn;

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordForm {
    csrf: String,
    current: String,
    password: String,
    end_others: Option<String>,
}

/// `GET /account/password`.
pub(crate) async fn show(visit: Visit, person: SignedIn) -> Result<HttpResponse, Problem> {
    page(&visit, &person, true)?.show()
}

/// `POST /account/password`: changes it, and ends the other sessions if that is wished.
pub(crate) async fn take(
    visit: Visit,
    person: SignedIn,
    Utf8Form(form): Utf8Form<PasswordForm>,
) -> Result<HttpResponse, Problem> {
    let page = || page(&visit, &person, form.end_others.is_some());
    if !visit.has_shown(&form.csrf) {
        return page()?.show_stale();
    }
    let body =
        json!({"current": form.current, "new": form.password, "end_others": form.end_others.is_some()});
    let answer = visit.send(Call::PASSWORD, &body).await?;
    match answer.refusal() {
        Some(refused) => page()?.refuse(&visit, &answer, &refused),
        None => visit.leave(visit.text.password.done, Section::Overview.path()),
    }
}

fn page(visit: &Visit, person: &SignedIn, end_others: bool) -> Result<FormPage, Problem> {
    let text = visit.text;
    let frame = visit.frame().within(Section::Password);
    let page = FormPage::new(visit, frame, &text.password.form, Section::Password.path())?;
    Ok(page
        .field(Field::told(text, text.field.email, &person.user.email))
        .field(Field::current(text, text.field.current_password))
        .field(Field::new_password(text, text.field.new_password))
        .field(Field::tick(text, "end_others", text.password.end_others, end_others)))
}
