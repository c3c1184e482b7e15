use actix_web::{HttpResponse, web};
use drawbridge_http::problem::{Code, Problem, status_of};
use serde::Deserialize;
use serde_json::json;

use super::{CredentialsBody, LinkData, LinkQuery, go_on};
use crate::{
    auth_client::{Call, Refused},
    form::Utf8Form,
    pages::{self, Field, Flash, FormPage, Link, NoticePage},
    visit::{Visit, problem},
};

/// The fields of the form. The link alone is not enough: it may have been sent to a stranger, by a slip of the pen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressForm {
    csrf: String,
    token: String,
    current: Option<String>,
}

/// `GET /confirm-address?token=`: the form, which alone uses the link up; programs that look through mail do not.
pub(crate) async fn show(visit: Visit, query: web::Query<LinkQuery>) -> Result<HttpResponse, Problem> {
    let answer = visit.send(Call::LINK_LOOK, &json!({"token": query.token})).await?;
    match answer.refusal() {
        Some(refused) => invalid(&visit, &refused),
        None => page(&visit, &answer.data()?, &query.token)?.show(),
    }
}

/// `POST /confirm-address`: confirms the address; whoever has just signed up is signed in with the same password.
pub(crate) async fn take(
    visit: Visit,
    Utf8Form(form): Utf8Form<AddressForm>,
) -> Result<HttpResponse, Problem> {
    let looked = visit.send(Call::LINK_LOOK, &json!({"token": form.token})).await?;
    if let Some(refused) = looked.refusal() {
        return invalid(&visit, &refused);
    }
    let link: LinkData = looked.data()?;
    let page = || page(&visit, &link, &form.token);
    if !visit.has_shown(&form.csrf) {
        return page()?.show_stale();
    }
    let password = form.current.as_deref().unwrap_or_default();
    let body = json!({"token": form.token, "password": password});
    let answer = visit.send(Call::EMAIL_VERIFY, &body).await?;
    match answer.refusal() {
        Some(refused) if refused.code == "link_invalid" => return invalid(&visit, &refused),
        Some(refused) => return page()?.refuse(&visit, &answer, &refused),
        None => {}
    }
    let text = &visit.text.address;
    if link.kind != "register" {
        let done = if link.changes_address() { text.changed } else { text.confirmed };
        return visit.leave(done, "/account");
    }
    let answer = visit.send(Call::LOGIN, &CredentialsBody { email: &link.email, password }).await?;
    if answer.refusal().is_some() {
        Flash::new(text.confirmed).about(link.email).leave(&visit.session)?;
        return Ok(pages::see_other("/login").finish());
    }
    go_on(&visit, &answer, None, &link.email)
}

impl LinkData {
    fn changes_address(&self) -> bool {
        self.kind == "change_address"
    }
}

fn invalid(visit: &Visit, refused: &Refused) -> Result<HttpResponse, Problem> {
    show_invalid(visit, refused, Link::new(visit.text.frame.sign_in, "/login"))
}

/// A link that is no longer good, and the way on.
pub(super) fn show_invalid(visit: &Visit, refused: &Refused, button: Link) -> Result<HttpResponse, Problem> {
    if refused.code != Code::LinkInvalid.as_str() {
        return Err(problem(refused));
    }
    let text = &visit.text.address;
    let page = NoticePage {
        frame: visit.frame(),
        title: text.invalid_title,
        paragraphs: vec![text.invalid.to_owned()],
        hint: text.invalid_hint,
        button: Some(button),
        link: None,
    };
    pages::send(HttpResponse::build(status_of(Code::LinkInvalid)), &page)
}

fn page(visit: &Visit, link: &LinkData, token: &str) -> Result<FormPage, Problem> {
    let text = visit.text;
    let form = if link.changes_address() { &text.address.change } else { &text.address.form };
    Ok(FormPage::new(visit, visit.frame(), form, "/confirm-address")?
        .bring("token", Some(token.to_owned()))
        .field(Field::told(text, text.field.email, &link.email))
        .field(Field::current(text, text.field.password)))
}
