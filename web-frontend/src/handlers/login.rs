use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use shared::problem::{Code, Problem};

use super::{AFTER_LOGIN, CredentialsForm, STALE_FORM, Wanted, local_target, send_credentials, send_on};
use crate::{
    app::App,
    auth_client::Call,
    csrf,
    form::Utf8Form,
    pages::{FieldErrors, Flash, Frame, LoginPage, see_other, send},
};

/// `GET /login`: the form; whoever is signed in already is sent on.
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
    show_form(HttpResponse::Ok(), &session, None, next, FieldErrors::default())
}

/// `POST /login`: signs in and goes where the person wanted to go.
pub(crate) async fn take(
    app: web::Data<App>,
    request: HttpRequest,
    session: Session,
    Utf8Form(form): Utf8Form<CredentialsForm>,
) -> Result<HttpResponse, Problem> {
    let next = local_target(&app, form.next.as_deref());
    if !csrf::is_good(&session, &form.csrf) {
        let response = HttpResponse::build(Code::StaleForm.status());
        return show_form(response, &session, Some(form.email), next, FieldErrors::form(STALE_FORM));
    }
    let answer = send_credentials(&app, &request, Call::Login, &form).await?;
    if let Some((code, detail)) = answer.refusal() {
        let errors = FieldErrors::of(&code, detail);
        return show_form(answer.response_head(), &session, Some(form.email), next, errors);
    }
    // What the page session held before the person was known must not be good afterwards.
    session.clear();
    session.renew();
    let mut response = see_other(next.as_deref().unwrap_or(AFTER_LOGIN));
    answer.set_cookies(&mut response);
    Ok(response.finish())
}

fn show_form(
    response: HttpResponseBuilder,
    session: &Session,
    email: Option<String>,
    next: Option<String>,
    errors: FieldErrors,
) -> Result<HttpResponse, Problem> {
    let flash = Flash::take(session);
    let email = email.or_else(|| flash.as_ref()?.email.clone()).unwrap_or_default();
    let frame = Frame { flash, ..Frame::default() };
    send(response, &LoginPage { frame, csrf: csrf::token(session)?, email, next, errors })
}
