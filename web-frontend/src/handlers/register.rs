use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use shared::problem::{Code, Problem};

use super::{CredentialsForm, STALE_FORM, Wanted, local_target, send_credentials, send_on};
use crate::{
    app::App,
    auth_client::Call,
    csrf,
    form::Utf8Form,
    pages::{FieldErrors, Flash, Frame, RegisterPage, see_other, send},
};

/// `GET /register`: the form; whoever is signed in already is sent on.
pub(crate) async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    session: Session,
    wanted: web::Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    let next = local_target(&app, wanted.next.as_deref());
    if let Some(on) = send_on(&app, &request, next.as_deref()).await {
        return Ok(on);
    }
    show_form(HttpResponse::Ok(), &session, String::new(), next, FieldErrors::default())
}

/// `POST /register`: makes the account and goes on to the sign-in page.
pub(crate) async fn take(
    app: web::Data<App>,
    request: HttpRequest,
    session: Session,
    Utf8Form(form): Utf8Form<CredentialsForm>,
) -> Result<HttpResponse, Problem> {
    let next = local_target(&app, form.next.as_deref());
    if !csrf::is_good(&session, &form.csrf) {
        let response = HttpResponse::build(Code::StaleForm.status());
        return show_form(response, &session, form.email, next, FieldErrors::form(STALE_FORM));
    }
    let answer = send_credentials(&app, &request, Call::Register, &form).await?;
    if let Some((code, detail)) = answer.refusal() {
        let response = answer.response_head();
        return show_form(response, &session, form.email, next, FieldErrors::of(&code, detail));
    }
    // As auth-service keeps it: what was typed may be longer than a cookie holds.
    let email = answer.body.pointer("/data/user/email").and_then(|email| email.as_str()).map(str::to_owned);
    Flash { text: "Your account is ready. Sign in to go on.".into(), email }.leave(&session)?;
    let target = next.map_or_else(|| "/login".to_owned(), |next| app.guard.login_target(&next));
    Ok(see_other(&target).finish())
}

fn show_form(
    response: HttpResponseBuilder,
    session: &Session,
    email: String,
    next: Option<String>,
    errors: FieldErrors,
) -> Result<HttpResponse, Problem> {
    let frame = Frame { flash: Flash::take(session), ..Frame::default() };
    send(response, &RegisterPage { frame, csrf: csrf::token(session)?, email, next, errors })
}
