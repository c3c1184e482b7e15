use actix_web::{HttpResponse, http::StatusCode, web};
use drawbridge_http::problem::Problem;

use super::{CredentialsBody, CredentialsForm, Wanted};
use crate::{
    auth_client::Call,
    form::Utf8Form,
    pages::{self, Field, Flash, FormPage, Link, NoticePage, see_other},
    visit::Visit,
};

/// `GET /register`: the form; whoever is signed in already is sent on.
pub(crate) async fn show(visit: Visit, wanted: web::Query<Wanted>) -> Result<HttpResponse, Problem> {
    let next = visit.local_target(wanted.next.as_deref());
    if let Some(on) = visit.send_on(next.as_deref()).await {
        return Ok(on);
    }
    page(&visit, "", next)?.show()
}

/// `POST /register`: makes the account and goes on to the sign-in page, or to the mail that was sent.
pub(crate) async fn take(
    visit: Visit,
    Utf8Form(form): Utf8Form<CredentialsForm>,
) -> Result<HttpResponse, Problem> {
    let next = visit.local_target(form.next.as_deref());
    let page = || page(&visit, &form.email, next.clone());
    if !visit.has_shown(&form.csrf) {
        return page()?.show_stale();
    }
    let body = CredentialsBody { email: &form.email, password: &form.password };
    let answer = visit.send(Call::REGISTER, &body).await?;
    if let Some(refused) = answer.refusal() {
        return page()?.refuse(&visit, &answer, &refused);
    }
    if answer.status == StatusCode::ACCEPTED {
        Flash::new("").about(shortened(&form.email)).leave(&visit.session)?;
        return Ok(see_other("/register/sent").finish());
    }
    // As auth-service keeps it: what was typed may be longer than a cookie holds.
    let email = answer.body.pointer("/data/user/email").and_then(|email| email.as_str()).unwrap_or_default();
    Flash::new(visit.text.register.ready).about(email).leave(&visit.session)?;
    Ok(see_other(&visit.login_target(next.as_deref())).finish())
}

/// `GET /register/sent`: the same for everybody, whether or not the address was known.
pub(crate) async fn sent(visit: Visit) -> Result<HttpResponse, Problem> {
    let (frame, text) = (visit.frame(), &visit.text.register);
    let email = frame.flash.as_ref().and_then(|flash| flash.email.as_deref());
    pages::show(&NoticePage {
        title: text.sent_title,
        paragraphs: vec![(text.sent)(email)],
        hint: text.sent_hint,
        button: None,
        link: Some(Link::new(visit.text.frame.sign_in, "/login").after(text.have_account)),
        frame,
    })
}

/// An address as far as a page names it.
pub(super) fn shortened(email: &str) -> String {
    email.trim().chars().take(254).collect()
}

fn page(visit: &Visit, email: &str, next: Option<String>) -> Result<FormPage, Problem> {
    let text = visit.text;
    let sign_in = visit.login_target(next.as_deref());
    let page = FormPage::new(visit, visit.frame(), &text.register.form, "/register")?;
    Ok(page
        .bring("next", next)
        .field(Field::email(text, email))
        .field(Field::new_password(text, text.field.password))
        .link(Link::new(text.frame.sign_in, sign_in).after(text.register.have_account)))
}
