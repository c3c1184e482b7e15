use actix_web::{HttpResponse, web};
use drawbridge_http::problem::Problem;
use serde_json::json;

use super::{
    ButtonForm,
    account::{authenticator, recovery_codes},
    passkey, second,
};
use crate::{
    account::FreshCodes,
    auth_client::{Answer, Call},
    form::Utf8Form,
    pages::{self, EnrolPage, PasskeyButton, see_other},
    pending::Pending,
    visit::Visit,
};

const PAGE: &str = "/login/enrol";
const AUTHENTICATOR: &str = "/login/enrol/authenticator";

/// `GET /login/enrol`: the choice of a second step, where everybody needs one to sign in.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    let Some(_) = pending(&visit) else { return Ok(see_other("/login").finish()) };
    let passkey = PasskeyButton {
        label: visit.text.enrol.passkey.button,
        begin: "/login/enrol/passkey/begin",
        finish: "/login/enrol/passkey/finish",
        conditional: false,
        next: None,
    };
    pages::show(&EnrolPage { frame: visit.frame(), csrf: visit.csrf()?, passkey })
}

/// `GET` of what is sent alone: back to the choice.
pub(crate) async fn back() -> HttpResponse {
    see_other(PAGE).finish()
}

/// `POST /login/enrol/authenticator/begin`: shows what the app is to scan.
pub(crate) async fn begin_authenticator(
    visit: Visit,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    let Some(pending) = pending(&visit) else { return second::expired(&visit) };
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, PAGE);
    }
    let answer = visit.send(Call::TOTP_BEGIN, &json!({"pending": pending.token})).await?;
    match answer.refusal() {
        Some(refused) if refused.code == "login_expired" => second::expired(&visit),
        Some(refused) => visit.refuse(&refused, PAGE),
        None => authenticator::show_begun(&visit, visit.frame(), AUTHENTICATOR, &answer),
    }
}

/// `POST /login/enrol/authenticator/confirm`: sets the app up with its first code, and signs in.
pub(crate) async fn confirm_authenticator(
    visit: Visit,
    Utf8Form(form): Utf8Form<authenticator::CodeForm>,
) -> Result<HttpResponse, Problem> {
    let Some(pending) = pending(&visit) else { return second::expired(&visit) };
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, PAGE);
    }
    let body = json!({"pending": pending.token, "code": form.code});
    let answer = visit.send(Call::TOTP_CONFIRM, &body).await?;
    match answer.refusal() {
        Some(refused) if refused.code == "login_expired" => second::expired(&visit),
        Some(refused) if refused.code == "invalid_code" => {
            authenticator::show_again(&visit, visit.frame(), AUTHENTICATOR, &answer, &refused)
        }
        Some(refused) => visit.refuse(&refused, PAGE),
        None => {
            let next = arrive(&visit, &answer, &pending)?;
            let mut response = see_other(&next);
            answer.set_cookies(&mut response);
            Ok(response.finish())
        }
    }
}

/// `POST /login/enrol/passkey/begin`.
pub(crate) async fn begin_passkey(visit: Visit) -> Result<HttpResponse, Problem> {
    passkey::begin(&visit, Call::PASSKEY_BEGIN, pending(&visit).as_ref()).await
}

/// `POST /login/enrol/passkey/finish`: sets the passkey up, and signs in.
pub(crate) async fn finish_passkey(
    visit: Visit,
    body: web::Json<passkey::Finish>,
) -> Result<HttpResponse, Problem> {
    let Some(pending) = pending(&visit) else { return Ok(passkey::expired(&visit)) };
    let answer = passkey::finish(&visit, Call::PASSKEY_FINISH, &body, Some(&pending)).await?;
    if let Some(refused) = answer.refusal() {
        return Ok(passkey::refuse(&visit, &answer, &refused, PAGE));
    }
    let next = arrive(&visit, &answer, &pending)?;
    Ok(passkey::go(&answer, Some(&next)))
}

fn pending(visit: &Visit) -> Option<Pending> {
    Pending::of(&visit.session).filter(|pending| pending.enrol)
}

/// Begins the page session anew, and says where the person goes: to their recovery codes first.
fn arrive(visit: &Visit, answer: &Answer, pending: &Pending) -> Result<String, Problem> {
    let FreshCodes { recovery_codes: codes } = answer.data()?;
    visit.begin_anew();
    let next = pending.next.as_deref().unwrap_or(crate::visit::AFTER_LOGIN);
    recovery_codes::show_next(visit, codes, next)
}
