//! The OpenAPI document of the service. Every handler describes its operation; this module lists them.

use std::sync::LazyLock;

use actix_web::web::Data;
use drawbridge_http::{
    openapi::{ApiDocument, MiddlewareProblems, site},
    problem::Code,
};
use utoipa::openapi::OpenApi;

use crate::handlers::{
    account, activity, confirm, discovery, feed_reader, frontend_origins, frontend_preview, health_ready,
    links, login, logout, mailbox, me, passkeys, password, recovery_codes, refresh, register, second_step,
    sessions, token, totp,
};

/// A request with a proof is refused if the proof is not valid, and a change if it comes from another site.
const MIDDLEWARE_PROBLEMS: MiddlewareProblems = MiddlewareProblems {
    on_every_request: &[Code::InvalidProof, Code::UnknownKey, Code::ProofReplayed, Code::OriginNotRegistered],
    on_changes: &[Code::CrossSiteRequest],
};

/// The document, as the service serves it.
pub(crate) static DOCUMENT: LazyLock<Data<ApiDocument>> = LazyLock::new(|| Data::new(document()));

#[derive(utoipa::OpenApi)]
#[openapi(
    info(description = "Accounts, sessions and second factors. Any other path is answered with the code `not_found`, and \
                        any other method with `method_not_allowed`."),
    paths(
        register::register,
        login::login,
        second_step::code,
        second_step::begin_passkey,
        second_step::finish_passkey,
        logout::logout,
        refresh::refresh,
        token::exchange,
        frontend_preview::announce,
        frontend_origins::list,
        feed_reader::check,
        links::look,
        links::verify,
        links::resend,
        links::request_change,
        password::forgot,
        password::reset,
        password::strength,
        password::change,
        me::me,
        account::delete,
        account::export,
        account::show,
        activity::list,
        sessions::list,
        sessions::end,
        sessions::end_others,
        sessions::record_use,
        confirm::confirm,
        confirm::begin_passkey,
        confirm::finish_passkey,
        totp::begin,
        totp::confirm,
        totp::remove,
        recovery_codes::replace,
        passkeys::begin,
        passkeys::finish,
        passkeys::rename,
        passkeys::remove,
        discovery::metadata,
        discovery::public_keys,
        mailbox::show,
        drawbridge_http::health::live,
        drawbridge_http::health::serving,
        health_ready::ready,
        site::show_document,
        site::show_page,
        site::show_problem,
    ),
    tags(
        (name = "Sign-in", description = "Signing up, in and out, and renewing the token of a session."),
        (name = "Account", description = "For the signed-in user."),
        (name = "Second factors", description = "Authenticator apps, passkeys and recovery codes. Without `pending`, for \
                                                 the signed-in user; with it, during a sign-in that requires a factor."),
        (name = "Mailed links", description = "What the links in e-mails are for."),
        (name = "Frontends", description = "For frontends with a key."),
        (name = "Discovery", description = "What a program must know to work with the deployment."),
        (name = "Operation", description = "For load balancers and orchestrators."),
        (name = "Documentation", description = "This description, and a page for each code.")
    )
)]
struct Derived;

/// What `utoipa` derives from the handlers. [`document`] completes it.
pub fn derived() -> OpenApi {
    <Derived as utoipa::OpenApi>::openapi()
}

/// The document.
pub fn document() -> ApiDocument {
    ApiDocument::complete(derived(), MIDDLEWARE_PROBLEMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_documented() {
        let document = document();
        let paths = document.value()["paths"].as_object().unwrap();
        let routes = include_str!("routes.rs")
            .split('"')
            .filter(|text| text.starts_with('/') && !text.starts_with("//"));

        let missing: Vec<_> = routes.filter(|route| !paths.contains_key(*route)).collect();

        assert!(missing.is_empty(), "{missing:?}");
    }
}
