//! Every URL of the service.

use actix_web::web::{ServiceConfig, delete, resource, scope, to};
use drawbridge_core::pages_path::PagesPath;
use drawbridge_http::{
    discovery::{CHANGES_PATH, METADATA_PATH, PUBLIC_KEYS_PATH},
    get, get_stream, health, method_not_allowed,
    openapi::site,
    post,
    token_exchange::TOKEN_PATH,
};

use crate::{
    establish_caller::PREVIEW_ANNOUNCEMENT_PATH,
    handlers::{
        account, activity, confirm, discovery, feed_reader, frontend_origins, frontend_preview, health_ready,
        links, login, logout, mailbox, me, passkeys, password, recovery_codes, refresh, register,
        second_step, sessions, token, totp,
    },
    openapi::DOCUMENT,
};

/// Adds all routes. The paths that clients know from web-frontend, with `PAGES_PATH` in front, work here as well.
pub(crate) fn configure(config: &mut ServiceConfig, pages: &PagesPath) {
    config.app_data(DOCUMENT.clone());
    if !pages.prefix().is_empty() {
        config.service(scope(pages.prefix()).configure(public_api));
    }
    config
        .configure(public_api)
        .service(get(METADATA_PATH, discovery::metadata))
        .service(get(PUBLIC_KEYS_PATH, discovery::public_keys))
        .service(get("/mailbox", mailbox::show));
}

fn public_api(config: &mut ServiceConfig) {
    config
        .configure(sign_in)
        .configure(registered_frontends)
        .configure(mailed_links)
        .configure(signed_in_user)
        .configure(second_factors)
        .configure(operation);
}

fn sign_in(config: &mut ServiceConfig) {
    config
        .service(post("/api/register", register::register))
        .service(post("/api/login", login::login))
        .service(post("/api/login/second", second_step::code))
        .service(post("/api/login/passkey/begin", second_step::begin_passkey))
        .service(post("/api/login/passkey/finish", second_step::finish_passkey))
        .service(post("/api/logout", logout::logout))
        .service(post("/api/refresh", refresh::refresh))
        .service(post(TOKEN_PATH, token::exchange))
        .service(post("/api/seen", sessions::record_use));
}

fn registered_frontends(config: &mut ServiceConfig) {
    config
        .service(post(PREVIEW_ANNOUNCEMENT_PATH, frontend_preview::announce))
        .service(get("/api/frontends/origins", frontend_origins::list))
        .service(get_stream(CHANGES_PATH, feed_reader::check));
}

fn mailed_links(config: &mut ServiceConfig) {
    config
        .service(post("/api/links/look", links::look))
        .service(post("/api/email/verify", links::verify))
        .service(post("/api/email/verify/resend", links::resend))
        .service(post("/api/email", links::request_change))
        .service(post("/api/password/forgot", password::forgot))
        .service(post("/api/password/reset", password::reset));
}

fn signed_in_user(config: &mut ServiceConfig) {
    config
        .service(
            get("/api/me", me::me)
                .route(delete().to(account::delete))
                .default_service(to(|| method_not_allowed("GET, HEAD, DELETE"))),
        )
        .service(get("/api/me/export", account::export))
        .service(get("/api/account", account::show))
        .service(get("/api/activity", activity::list))
        .service(
            get("/api/sessions", sessions::list)
                .route(delete().to(sessions::end_others))
                .default_service(to(|| method_not_allowed("GET, HEAD, DELETE"))),
        )
        .service(
            resource("/api/sessions/{id}")
                .route(delete().to(sessions::end))
                .default_service(to(|| method_not_allowed("DELETE"))),
        )
        .service(post("/api/password", password::change))
        .service(post("/api/password/strength", password::strength))
        .service(post("/api/confirm", confirm::confirm))
        .service(post("/api/confirm/passkey/begin", confirm::begin_passkey))
        .service(post("/api/confirm/passkey/finish", confirm::finish_passkey));
}

fn second_factors(config: &mut ServiceConfig) {
    config
        .service(post("/api/totp/begin", totp::begin))
        .service(post("/api/totp/confirm", totp::confirm))
        .service(
            resource("/api/totp")
                .route(delete().to(totp::remove))
                .default_service(to(|| method_not_allowed("DELETE"))),
        )
        .service(post("/api/recovery-codes", recovery_codes::replace))
        .service(post("/api/passkeys/begin", passkeys::begin))
        .service(post("/api/passkeys/finish", passkeys::finish))
        .service(
            post("/api/passkeys/{id}", passkeys::rename)
                .route(delete().to(passkeys::remove))
                .default_service(to(|| method_not_allowed("POST, DELETE"))),
        );
}

fn operation(config: &mut ServiceConfig) {
    config
        .service(get("/health/live", health::live))
        .service(get("/health/serving", health::serving))
        .service(get("/health/ready", health_ready::ready))
        .service(get("/openapi.json", site::show_document))
        .service(get("/openapi", site::show_page))
        .service(get("/problems/{code}", site::show_problem));
}
