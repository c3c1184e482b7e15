use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;

use super::ButtonForm;
use crate::{
    auth_client::Call,
    form::Utf8Form,
    pages::{Flash, FormPage, Link, see_other},
    visit::Visit,
};

/// `GET /logout`: asks first, since a link alone must not sign anybody out.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    page(&visit).await?.show()
}

/// `POST /logout`: ends the session everywhere and forgets the cookie.
pub(crate) async fn take(
    visit: Visit,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return page(&visit).await?.show_stale();
    }
    let answer = visit.ask(Call::LOGOUT).await?;
    if let Some(refused) = answer.refusal() {
        let cause = format!("auth-service answered {}", refused.code);
        return Err(Problem::unavailable(visit.text.logout.not_now, cause));
    }
    visit.begin_anew();
    Flash::new(visit.text.logout.done).leave(&visit.session)?;
    let mut response = see_other("/");
    answer.set_cookies(&mut response);
    Ok(response.finish())
}

async fn page(visit: &Visit) -> Result<FormPage, Problem> {
    let text = &visit.text.logout;
    let page = FormPage::new(visit, visit.public_frame().await, &text.form, "/logout")?;
    Ok(page.link(Link::new(text.stay, "/")))
}
