use actix_web::{HttpResponse, web};
use drawbridge_http::problem::Problem;

use super::{CredentialsBody, CredentialsForm, Wanted, go_on, passkey};
use crate::{
    auth_client::Call,
    form::Utf8Form,
    pages::{Field, FormPage, Link, PasskeyButton},
    visit::Visit,
};

/// `GET /login`: the form; whoever is signed in already is sent on.
pub(crate) async fn show(visit: Visit, wanted: web::Query<Wanted>) -> Result<HttpResponse, Problem> {
    let next = visit.local_target(wanted.next.as_deref());
    if let Some(on) = visit.send_on(next.as_deref()).await {
        return Ok(on);
    }
    page(&visit, None, next)?.show()
}

/// `POST /login`: signs in and goes where the person wanted to go, or to the second step.
pub(crate) async fn take(
    visit: Visit,
    Utf8Form(form): Utf8Form<CredentialsForm>,
) -> Result<HttpResponse, Problem> {
    let next = visit.local_target(form.next.as_deref());
    let page = || page(&visit, Some(&form.email), next.clone());
    if !visit.has_shown(&form.csrf) {
        return page()?.show_stale();
    }
    let body = CredentialsBody { email: &form.email, password: &form.password };
    let answer = visit.send(Call::LOGIN, &body).await?;
    match answer.refusal() {
        Some(refused) => page()?.refuse(&visit, &answer, &refused),
        None => go_on(&visit, &answer, next, &form.email),
    }
}

/// `POST /login/passkey/begin`.
pub(crate) async fn begin(visit: Visit) -> Result<HttpResponse, Problem> {
    passkey::begin(&visit, Call::LOGIN_PASSKEY_BEGIN, None).await
}

/// `POST /login/passkey/finish`.
pub(crate) async fn finish(visit: Visit, body: web::Json<passkey::Finish>) -> Result<HttpResponse, Problem> {
    let next = visit.local_target(body.next.as_deref());
    let answer = passkey::finish(&visit, Call::LOGIN_PASSKEY_FINISH, &body, None).await?;
    if let Some(refused) = answer.refusal() {
        return Ok(passkey::refuse(&visit, &answer, &refused, "/login"));
    }
    visit.begin_anew();
    Ok(passkey::go(&answer, next.as_deref()))
}

fn page(visit: &Visit, email: Option<&str>, next: Option<String>) -> Result<FormPage, Problem> {
    let text = visit.text;
    let frame = visit.frame();
    let email = email.map(str::to_owned).or_else(|| frame.flash.as_ref()?.email.clone()).unwrap_or_default();
    let query = next.as_ref().map(|next| visit.login_target(Some(next))).unwrap_or_default();
    let sign_up = query.replacen("/login", "/register", 1);
    let sign_up = if sign_up.is_empty() { "/register".to_owned() } else { sign_up };
    let mut page = FormPage::new(visit, frame, &text.sign_in.form, "/login")?;
    if let Some(next) = &next {
        page = page.say((text.sign_in.next)(next));
    }
    Ok(page
        .bring("next", next.clone())
        .field(Field::email_or_passkey(text, &email))
        .field(Field::password(text))
        .passkey(Some(PasskeyButton {
            label: text.passkey.sign_in,
            begin: "/login/passkey/begin",
            finish: "/login/passkey/finish",
            conditional: true,
            next,
        }))
        .link(Link::new(text.sign_in.forgot, "/forgot-password"))
        .link(Link::new(text.frame.sign_up, sign_up).after(text.sign_in.no_account)))
}
