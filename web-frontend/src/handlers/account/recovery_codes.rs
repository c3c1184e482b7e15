use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;
use serde::{Deserialize, Serialize};

use crate::{
    account::FreshCodes,
    auth_client::Call,
    form::Utf8Form,
    handlers::{ButtonForm, Nothing},
    pages::{self, FreshCodesPage, RecoveryCodesPage, Section},
    visit::Visit,
};

const PAGE: &str = Section::RecoveryCodes.path();

/// Where the page session keeps codes on their way to the page that shows them, once.
const FRESH: &str = "recovery_codes";

#[derive(Serialize, Deserialize)]
struct Fresh {
    codes: Vec<String>,
    next: String,
}

/// `GET /account/recovery-codes`: new ones if there are any, or else how many are left.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    let fresh: Option<Fresh> = visit.session.get(FRESH).ok().flatten();
    if let Some(Fresh { codes, next }) = fresh {
        visit.session.remove(FRESH);
        return pages::show(&FreshCodesPage {
            frame: visit.frame().within(Section::RecoveryCodes),
            codes,
            next,
        });
    }
    let account = visit.account().await?;
    let left = account.has_second_factor().then_some(account.recovery_codes_left);
    let frame = visit.frame().within(Section::RecoveryCodes);
    pages::show(&RecoveryCodesPage { frame, csrf: visit.csrf()?, left })
}

/// `POST /account/recovery-codes`: makes new ones.
pub(crate) async fn take(
    visit: Visit,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, PAGE);
    }
    let answer = visit.send(Call::RECOVERY_CODES, &Nothing {}).await?;
    if let Some(refused) = answer.refusal() {
        return visit.refuse(&refused, PAGE);
    }
    let FreshCodes { recovery_codes: codes } = answer.data()?;
    let next = show_next(&visit, codes, Section::Overview.path())?;
    Ok(pages::see_other(&next).finish())
}

/// Has codes shown on the next page, if there are any. Where to go on: to that page, or to `next`.
pub(crate) fn show_next(visit: &Visit, codes: Vec<String>, next: &str) -> Result<String, Problem> {
    if codes.is_empty() {
        return Ok(next.to_owned());
    }
    let fresh = Fresh { codes, next: next.to_owned() };
    visit.session.insert(FRESH, fresh).map_err(Problem::internal)?;
    Ok(PAGE.to_owned())
}
