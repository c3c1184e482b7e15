use actix_web::{HttpResponse, web};
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use serde_json::json;

use super::{go_in, passkey};
use crate::{
    auth_client::Call,
    form::Utf8Form,
    pages::{Field, Flash, FormPage, Link, PasskeyButton, see_other},
    pending::Pending,
    text::Form,
    visit::Visit,
};

/// `?with=recovery_code`: another way than the usual one.
#[derive(Deserialize)]
pub(crate) struct With {
    with: Option<String>,
}

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeForm {
    csrf: String,
    code: String,
    with: Option<String>,
}

/// `GET /login/second`: asks for the second step of a sign-in.
pub(crate) async fn show(visit: Visit, query: web::Query<With>) -> Result<HttpResponse, Problem> {
    let Some(pending) = Pending::of(&visit.session) else { return Ok(see_other("/login").finish()) };
    page(&visit, &pending, query.with.as_deref())?.show()
}

/// `POST /login/second`: signs in with a code.
pub(crate) async fn take(visit: Visit, Utf8Form(form): Utf8Form<CodeForm>) -> Result<HttpResponse, Problem> {
    let Some(pending) = Pending::of(&visit.session) else { return expired(&visit) };
    let page = || page(&visit, &pending, form.with.as_deref());
    if !visit.has_shown(&form.csrf) {
        return page()?.show_stale();
    }
    let body = json!({"pending": pending.token, "code": form.code});
    let answer = visit.send(Call::LOGIN_SECOND, &body).await?;
    match answer.refusal() {
        Some(refused) if refused.code == "login_expired" => expired(&visit),
        Some(refused) => page()?.refuse(&visit, &answer, &refused),
        None => Ok(go_in(&visit, &answer, pending.next.as_deref())),
    }
}

/// `POST /login/second/passkey/begin`.
pub(crate) async fn begin(visit: Visit) -> Result<HttpResponse, Problem> {
    let pending = Pending::of(&visit.session);
    passkey::begin(&visit, Call::LOGIN_PASSKEY_BEGIN, pending.as_ref()).await
}

/// `POST /login/second/passkey/finish`.
pub(crate) async fn finish(visit: Visit, body: web::Json<passkey::Finish>) -> Result<HttpResponse, Problem> {
    let pending = Pending::of(&visit.session);
    let answer = passkey::finish(&visit, Call::LOGIN_PASSKEY_FINISH, &body, pending.as_ref()).await?;
    if let Some(refused) = answer.refusal() {
        return Ok(passkey::refuse(&visit, &answer, &refused, "/login/second"));
    }
    visit.begin_anew();
    Ok(passkey::go(&answer, pending.and_then(|pending| pending.next).as_deref()))
}

/// The first step was too long ago.
pub(super) fn expired(visit: &Visit) -> Result<HttpResponse, Problem> {
    let email = Pending::of(&visit.session).map(|pending| pending.email).unwrap_or_default();
    Pending::forget(&visit.session);
    Flash::bad(visit.text.sign_in.expired).about(email).leave(&visit.session)?;
    Ok(see_other("/login").finish())
}

fn page(visit: &Visit, pending: &Pending, with: Option<&str>) -> Result<FormPage, Problem> {
    let text = &visit.text.second;
    let has = |factor| pending.has(factor);
    let with_recovery_code = has(Pending::RECOVERY_CODE) && with == Some(Pending::RECOVERY_CODE);
    let with_app = has(Pending::TOTP) && !with_recovery_code;
    let (intro, button) = match (with_recovery_code, with_app) {
        (true, _) => (text.with_recovery_code, text.form.button),
        (false, true) => (text.form.intro, text.form.button),
        (false, false) => (text.with_passkey, ""),
    };
    let form = Form { title: text.form.title, intro, button };
    let mut page = FormPage::new(visit, visit.frame(), &form, "/login/second")?;
    if with_recovery_code {
        page = page
            .bring("with", Some(Pending::RECOVERY_CODE.to_owned()))
            .field(Field::recovery_code(visit.text))
            .link(Link::new(
                if has(Pending::TOTP) { text.to_code } else { visit.text.passkey.use_one },
                "/login/second",
            ));
    } else {
        if with_app {
            page = page.field(Field::code(visit.text));
        }
        if has(Pending::PASSKEY) {
            page = page.passkey(Some(PasskeyButton {
                label: visit.text.passkey.use_one,
                begin: "/login/second/passkey/begin",
                finish: "/login/second/passkey/finish",
                conditional: false,
                next: None,
            }));
        }
        if has(Pending::RECOVERY_CODE) {
            page = page.link(Link::new(text.to_recovery_code, "/login/second?with=recovery_code"));
        }
    }
    Ok(page.link(Link::new(text.start_over, visit.login_target(pending.next.as_deref()))))
}
