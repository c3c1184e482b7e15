use actix_web::HttpResponse;
use drawbridge_http::problem::{Code, Problem};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{
    mail_link::{LinkDetails, LinkKind, LinkQuery, look_up_link, show_invalid_link},
    refusal::{show_refusal, show_stale_form},
    sign_in::continue_sign_in,
};
use crate::{
    auth_client::{
        AuthEndpoint, AuthRefusal, AuthResponse,
        bodies::{LinkPasswordBody, PasswordLoginBody},
    },
    flash::FlashMessage,
    page_query::PageQuery,
    page_request::PageRequest,
    pages::{self, FormField, FormPage, PageLink},
    utf8_form::Utf8Form,
};

/// The form. It asks for the password, because a mistyped address may have sent the link to a stranger.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressForm {
    csrf: String,
    token: SecretString,
    #[serde(default)]
    current: SecretString,
}

/// `GET /confirm-address?token=`: shows the form.
pub(crate) async fn show(
    request: PageRequest,
    PageQuery(query): PageQuery<LinkQuery>,
) -> Result<HttpResponse, Problem> {
    let response = look_up_link(&request, &query.token).await?;
    match response.refusal() {
        Some(refusal) => show_invalid(&request, &refusal),
        None => form_page(&request, &read_link(&request, &response).await?, &query.token)?.render(),
    }
}

/// `POST /confirm-address`: confirms the address. A user who has just created the account is signed in as
/// well.
pub(crate) async fn submit(
    request: PageRequest,
    Utf8Form(form): Utf8Form<AddressForm>,
) -> Result<HttpResponse, Problem> {
    let is_own_form = request.has_valid_csrf_token(&form.csrf);
    let response = look_up_link(&request, &form.token).await?;
    if let Some(refusal) = response.refusal() {
        return show_invalid(&request, &refusal);
    }
    let link = read_link(&request, &response).await?;
    if !is_own_form {
        return show_stale_form(form_page(&request, &link, &form.token)?);
    }
    let body = LinkPasswordBody { token: &form.token, password: &form.current };
    let response = request.call_with_body(AuthEndpoint::EMAIL_VERIFY, &body).await?;
    match response.refusal() {
        Some(refusal) if refusal.is(Code::LinkInvalid) => show_invalid(&request, &refusal),
        Some(refusal) => {
            show_refusal(&request, form_page(&request, &link, &form.token)?, &response, &refusal)
        }
        None => continue_after(&request, link, &form.current).await,
    }
}

/// What the link is for. Its return target is left out if it must not be returned to any more.
async fn read_link(request: &PageRequest, response: &AuthResponse) -> Result<LinkDetails, Problem> {
    let link: LinkDetails = response.data()?;
    let next = request.return_target(link.next.as_deref()).await;
    Ok(LinkDetails { next, ..link })
}

async fn continue_after(
    request: &PageRequest,
    link: LinkDetails,
    password: &SecretString,
) -> Result<HttpResponse, Problem> {
    let text = &request.text.address;
    match link.kind {
        LinkKind::Register => {}
        LinkKind::ChangeAddress => {
            return request.redirect_with_message(text.changed, &request.at("/account"));
        }
        LinkKind::Other => return request.redirect_with_message(text.confirmed, &request.at("/account")),
    }
    let next = link.next;
    let body = PasswordLoginBody { email: &link.email, password };
    let response = request.call_with_body(AuthEndpoint::LOGIN, &body).await?;
    if response.refusal().is_some() {
        FlashMessage::success(text.confirmed).with_email(link.email).store(&request.session)?;
        return Ok(pages::see_other(&request.login_path(next.as_deref())).finish());
    }
    continue_sign_in(request, &response, next, &link.email)
}

fn show_invalid(request: &PageRequest, refusal: &AuthRefusal) -> Result<HttpResponse, Problem> {
    show_invalid_link(request, refusal, PageLink::new(request.text.frame.sign_in, request.at("/login")))
}

fn form_page(request: &PageRequest, link: &LinkDetails, token: &SecretString) -> Result<FormPage, Problem> {
    let text = request.text;
    let form = match link.kind {
        LinkKind::ChangeAddress => &text.address.change,
        LinkKind::Register | LinkKind::Other => &text.address.form,
    };
    let mut page = request.form_page(request.layout(), form, "/confirm-address")?;
    if let Some(next) = &link.next {
        page = page.returning_to(next);
    }
    Ok(page
        .with_hidden("token", Some(token.expose_secret().to_owned()))
        .with_field(FormField::read_only_email(text, text.field.email, &link.email))
        .with_field(FormField::current_password(text, text.field.password)))
}
