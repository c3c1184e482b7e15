use actix_session::Session;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use shared::{
    http::RequestId,
    problem::{Code, Problem},
};

use super::{STALE_FORM, visitor_email};
use crate::{
    app::App,
    auth_client::{Call, Request},
    csrf,
    form::Utf8Form,
    pages::{Flash, Frame, LogoutPage, see_other, send},
};

/// The field of the sign-out form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogoutForm {
    csrf: String,
}

/// `GET /logout`: asks first, since a link alone must not sign anybody out.
pub(crate) async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    session: Session,
) -> Result<HttpResponse, Problem> {
    let frame = Frame {
        email: visitor_email(&app, &request).await,
        flash: Flash::take(&session),
        ..Frame::default()
    };
    send(HttpResponse::Ok(), &LogoutPage { frame, csrf: csrf::token(&session)? })
}

/// `POST /logout`: ends the session everywhere and forgets the cookie.
pub(crate) async fn take(
    app: web::Data<App>,
    request: HttpRequest,
    session: Session,
    Utf8Form(form): Utf8Form<LogoutForm>,
) -> Result<HttpResponse, Problem> {
    if !csrf::is_good(&session, &form.csrf) {
        let frame = Frame {
            email: visitor_email(&app, &request).await,
            flash: Some(Flash::new(STALE_FORM)),
            ..Frame::default()
        };
        let page = LogoutPage { frame, csrf: csrf::token(&session)? };
        return send(HttpResponse::build(Code::StaleForm.status()), &page);
    }
    let tokens = app.cookie.tokens(&request);
    let (id, client) = (RequestId::of(&request), app.client_address(&request));
    let logout = Request { call: Call::Logout, tokens: &tokens, body: None, id, client, device: None };
    let answer = app.auth.send(logout).await?;
    if let Some((code, _)) = answer.refusal() {
        let detail =
            "You are still signed in, since signing out is not possible just now. Try again shortly.";
        return Err(Problem::unavailable(detail, format_args!("auth-service answered {code}")));
    }
    session.clear();
    session.renew();
    Flash::new("You are signed out.").leave(&session)?;
    let mut response = see_other("/");
    answer.set_cookies(&mut response);
    Ok(response.finish())
}
