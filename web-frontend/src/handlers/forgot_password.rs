use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use serde_json::json;

use super::register::shortened;
use crate::{
    auth_client::Call,
    form::Utf8Form,
    pages::{self, Field, Flash, FormPage, Link, NoticePage, see_other},
    visit::Visit,
};

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotForm {
    csrf: String,
    email: String,
}

/// `GET /forgot-password`.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    page(&visit, "")?.show()
}

/// `POST /forgot-password`: has a link sent, if the address is known.
pub(crate) async fn take(
    visit: Visit,
    Utf8Form(form): Utf8Form<ForgotForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return page(&visit, &form.email)?.show_stale();
    }
    let answer = visit.send(Call::PASSWORD_FORGOT, &json!({"email": form.email})).await?;
    if let Some(refused) = answer.refusal() {
        return page(&visit, &form.email)?.refuse(&visit, &answer, &refused);
    }
    Flash::new("").about(shortened(&form.email)).leave(&visit.session)?;
    Ok(see_other("/forgot-password/sent").finish())
}

/// `GET /forgot-password/sent`: the same for everybody.
pub(crate) async fn sent(visit: Visit) -> Result<HttpResponse, Problem> {
    let (frame, text) = (visit.frame(), &visit.text.forgot);
    let email = frame.flash.as_ref().and_then(|flash| flash.email.as_deref());
    pages::show(&NoticePage {
        title: text.sent_title,
        paragraphs: vec![(text.sent)(email)],
        hint: text.sent_hint,
        button: None,
        link: Some(Link::new(text.back, "/login")),
        frame,
    })
}

fn page(visit: &Visit, email: &str) -> Result<FormPage, Problem> {
    let text = &visit.text.forgot;
    let page = FormPage::new(visit, visit.frame(), &text.form, "/forgot-password")?;
    Ok(page.field(Field::email(visit.text, email)).link(Link::new(text.back, "/login")))
}
