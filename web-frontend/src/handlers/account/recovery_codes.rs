use actix_web::HttpResponse;
use drawbridge_core::exposed_secret::serialize_exposed;
use drawbridge_http::problem::Problem;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    account::NewRecoveryCodes,
    auth_client::{AuthEndpoint, bodies::EmptyBody},
    handlers::{
        forms::ButtonForm,
        refusal::{redirect_after_stale_form, redirect_with_refusal},
    },
    page_request::PageRequest,
    pages::{self, AccountSection, NewRecoveryCodesPage, RecoveryCodesPage},
    pending_login::{is_stored, page_url},
    utf8_form::Utf8Form,
};

const PAGE: &str = AccountSection::RecoveryCodes.path();

/// The page session's key for new codes, until they have been shown.
const NEW_CODES_SESSION_KEY: &str = "recovery_codes";

/// New codes that have not been shown yet.
#[derive(Serialize, Deserialize)]
struct UnshownCodes {
    #[serde(serialize_with = "serialize_exposed")]
    codes: Vec<SecretString>,
    /// The path or URL to go to afterwards, unless it is too long to be stored.
    next: Option<String>,
}

/// `GET /account/recovery-codes`: shows new codes once, and otherwise how many are left.
pub(crate) async fn show(request: PageRequest) -> Result<HttpResponse, Problem> {
    let unshown: Option<UnshownCodes> = request.session.get(NEW_CODES_SESSION_KEY).ok().flatten();
    if let Some(UnshownCodes { codes, next }) = unshown {
        request.session.remove(NEW_CODES_SESSION_KEY);
        let layout = request.layout().within(AccountSection::RecoveryCodes);
        let next = match next {
            Some(next) => request.return_target(Some(&next)).await,
            None => request.carried_target().await,
        };
        let next = next.unwrap_or_else(|| request.default_page().to_owned());
        return pages::render(&NewRecoveryCodesPage { layout, codes, next });
    }
    let account = request.account().await?;
    let left = account.has_second_factor().then_some(account.recovery_codes_left);
    let layout = request.layout().within(AccountSection::RecoveryCodes);
    pages::render(&RecoveryCodesPage { layout, csrf: request.csrf_token()?, left })
}

/// `POST /account/recovery-codes`: replaces all codes with new ones.
pub(crate) async fn submit(
    request: PageRequest,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(PAGE));
    }
    let response = request.call_with_body(AuthEndpoint::RECOVERY_CODES, &EmptyBody {}).await?;
    if let Some(refusal) = response.refusal() {
        return redirect_with_refusal(&request, &refusal, &request.at(PAGE));
    }
    let NewRecoveryCodes { recovery_codes } = response.data()?;
    let next = show_before(&request, recovery_codes, &request.at(AccountSection::Overview.path()))?;
    Ok(pages::see_other(&next).finish())
}

/// Arranges for new codes, if there are any, to be shown before the page `next`. Returns the path or URL to go to
/// first.
pub(crate) fn show_before(
    request: &PageRequest,
    codes: Vec<SecretString>,
    next: &str,
) -> Result<String, Problem> {
    if codes.is_empty() {
        return Ok(next.to_owned());
    }
    let unshown = UnshownCodes { codes, next: Some(next.to_owned()).filter(|next| is_stored(next)) };
    request.session.insert(NEW_CODES_SESSION_KEY, unshown).map_err(Problem::internal)?;
    Ok(request.at(&page_url(PAGE, Some(next))))
}
