use actix_web::{HttpResponse, HttpResponseBuilder};
use drawbridge_http::problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::recovery_codes;
use crate::{
    account::FreshCodes,
    auth_client::{Answer, Call, Refused},
    form::Utf8Form,
    handlers::{ButtonForm, Nothing},
    pages::{self, AuthenticatorPage, Frame, QrCode, Section},
    visit::Visit,
};

const PAGE: &str = Section::Authenticator.path();

/// Where the page session keeps the key that is being set up.
const SECRET: &str = "authenticator";

/// The fields of the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeForm {
    pub(crate) csrf: String,
    pub(crate) code: String,
}

/// What an app is to be told.
#[derive(Serialize, Deserialize)]
struct Begun {
    secret: String,
    svg: String,
}

/// `GET /account/authenticator`.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    let account = visit.account().await?;
    let frame = visit.frame().within(Section::Authenticator);
    let (csrf, is_on) = (visit.csrf()?, account.totp);
    pages::show(&AuthenticatorPage { frame, csrf, base: PAGE, is_on, qr_code: None, error: None })
}

/// `POST /account/authenticator/begin`: shows what the app is to scan.
pub(crate) async fn begin(
    visit: Visit,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, PAGE);
    }
    let answer = visit.send(Call::TOTP_BEGIN, &Nothing {}).await?;
    match answer.refusal() {
        Some(refused) => visit.refuse(&refused, PAGE),
        None => show_begun(&visit, visit.frame().within(Section::Authenticator), PAGE, &answer),
    }
}

/// `POST /account/authenticator/confirm`: sets the app up with its first code.
pub(crate) async fn confirm(
    visit: Visit,
    Utf8Form(form): Utf8Form<CodeForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, PAGE);
    }
    let answer = visit.send(Call::TOTP_CONFIRM, &json!({"code": form.code})).await?;
    match answer.refusal() {
        Some(refused) if refused.code == "invalid_code" => {
            let frame = visit.frame().within(Section::Authenticator);
            show_again(&visit, frame, PAGE, &answer, &refused)
        }
        Some(refused) => visit.refuse(&refused, PAGE),
        None => {
            visit.session.remove(SECRET);
            let FreshCodes { recovery_codes: codes } = answer.data()?;
            let next = recovery_codes::show_next(&visit, codes, Section::Overview.path())?;
            visit.leave(visit.text.authenticator.added, &next)
        }
    }
}

/// `POST /account/authenticator/remove`.
pub(crate) async fn remove(
    visit: Visit,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, PAGE);
    }
    let answer = visit.ask(Call::REMOVE_TOTP).await?;
    match answer.refusal() {
        Some(refused) => visit.refuse(&refused, PAGE),
        None => visit.leave(visit.text.authenticator.removed, Section::Overview.path()),
    }
}

/// The page with the picture to scan. `base` is the path above which its forms are sent.
pub(crate) fn show_begun(
    visit: &Visit,
    frame: Frame,
    base: &'static str,
    answer: &Answer,
) -> Result<HttpResponse, Problem> {
    let Begun { secret, svg } = answer.data()?;
    // For the page that says that a code was wrong. The picture would be too much for a cookie.
    visit.session.insert(SECRET, &secret).map_err(Problem::internal)?;
    let qr_code = Some(QrCode { svg: Some(svg), secret });
    send(HttpResponse::Ok(), visit, frame, base, qr_code, None)
}

/// The page that says that the code was wrong.
pub(crate) fn show_again(
    visit: &Visit,
    frame: Frame,
    base: &'static str,
    answer: &Answer,
    refused: &Refused,
) -> Result<HttpResponse, Problem> {
    let secret = visit.session.get(SECRET).ok().flatten().unwrap_or_default();
    let (qr_code, error) = (Some(QrCode { svg: None, secret }), Some(visit.explain(refused)));
    send(answer.response_head(), visit, frame, base, qr_code, error)
}

fn send(
    response: HttpResponseBuilder,
    visit: &Visit,
    frame: Frame,
    base: &'static str,
    qr_code: Option<QrCode>,
    error: Option<String>,
) -> Result<HttpResponse, Problem> {
    let page = AuthenticatorPage { frame, csrf: visit.csrf()?, base, is_on: false, qr_code, error };
    pages::send(response, &page)
}
