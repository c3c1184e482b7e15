use actix_web::{HttpResponse, web};
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use serde_json::json;

use super::{LinkData, LinkQuery, confirm_address::show_invalid};
use crate::{
    auth_client::Call,
    form::Utf8Form,
    pages::{Field, Flash, FormPage, Link, see_other},
    visit::Visit,
};

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetForm {
    csrf: String,
    token: String,
    password: String,
}

/// `GET /reset-password?token=`: the form, which alone uses the link up.
pub(crate) async fn show(visit: Visit, query: web::Query<LinkQuery>) -> Result<HttpResponse, Problem> {
    let answer = visit.send(Call::LINK_LOOK, &json!({"token": query.token})).await?;
    if let Some(refused) = answer.refusal() {
        return invalid(&visit, &refused);
    }
    page(&visit, &answer.data()?, &query.token)?.show()
}

/// `POST /reset-password`: sets the new password.
pub(crate) async fn take(visit: Visit, Utf8Form(form): Utf8Form<ResetForm>) -> Result<HttpResponse, Problem> {
    let looked = visit.send(Call::LINK_LOOK, &json!({"token": form.token})).await?;
    if let Some(refused) = looked.refusal() {
        return invalid(&visit, &refused);
    }
    let link: LinkData = looked.data()?;
    let page = || page(&visit, &link, &form.token);
    if !visit.has_shown(&form.csrf) {
        return page()?.show_stale();
    }
    let body = json!({"token": form.token, "password": form.password});
    let answer = visit.send(Call::PASSWORD_RESET, &body).await?;
    match answer.refusal() {
        Some(refused) if refused.code == "link_invalid" => invalid(&visit, &refused),
        Some(refused) => page()?.refuse(&visit, &answer, &refused),
        None => {
            Flash::new(visit.text.reset.done).about(link.email).leave(&visit.session)?;
            Ok(see_other("/login").finish())
        }
    }
}

fn invalid(visit: &Visit, refused: &crate::auth_client::Refused) -> Result<HttpResponse, Problem> {
    show_invalid(visit, refused, Link::new(visit.text.reset.ask_again, "/forgot-password"))
}

fn page(visit: &Visit, link: &LinkData, token: &str) -> Result<FormPage, Problem> {
    let text = visit.text;
    let page = FormPage::new(visit, visit.frame(), &text.reset.form, "/reset-password")?;
    Ok(page
        .bring("token", Some(token.to_owned()))
        .field(Field::told(text, text.field.email, &link.email))
        .field(Field::new_password(text, text.field.new_password)))
}
