//! Links in e-mails. Opening one does not use it up: programs that scan e-mails open links, too.

use actix_web::HttpResponse;
use drawbridge_http::problem::{Code, Problem, status_of};
use secrecy::SecretString;
use serde::Deserialize;

use crate::{
    auth_client::{AuthEndpoint, AuthRefusal, AuthResponse, bodies::LinkTokenBody},
    page_request::PageRequest,
    pages::{self, NoticePage, PageLink},
};

/// `?token=`: the token of the link.
#[derive(Default, Deserialize)]
pub(crate) struct LinkQuery {
    #[serde(default)]
    pub(super) token: SecretString,
}

/// What a link is for.
#[derive(Deserialize)]
pub(super) struct LinkDetails {
    pub(super) kind: LinkKind,
    pub(super) email: String,
    /// The path or URL to go to afterwards.
    #[serde(default)]
    pub(super) next: Option<String>,
}

/// What a link does when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LinkKind {
    /// Completes the creation of an account.
    Register,
    /// Confirms a new address of an existing account.
    ChangeAddress,
    /// Anything else, such as confirming the current address.
    #[serde(other)]
    Other,
}

/// Asks auth-service what a link is for.
pub(super) async fn look_up_link(
    request: &PageRequest,
    token: &SecretString,
) -> Result<AuthResponse, Problem> {
    request.call_with_body(AuthEndpoint::LINK_LOOK, &LinkTokenBody { token }).await
}

/// Shows that a link is no longer valid, with a button that leads on.
pub(super) fn show_invalid_link(
    request: &PageRequest,
    refusal: &AuthRefusal,
    button: PageLink,
) -> Result<HttpResponse, Problem> {
    if !refusal.is(Code::LinkInvalid) {
        return Err(refusal.problem());
    }
    let text = &request.text.address;
    let page = NoticePage {
        layout: request.layout(),
        title: text.invalid_title,
        paragraphs: vec![text.invalid.to_owned()],
        hint: text.invalid_hint,
        button: Some(button),
        link: None,
    };
    pages::render_into(HttpResponse::build(status_of(Code::LinkInvalid)), &page)
}
