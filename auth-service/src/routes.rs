//! Every URL of the service.

use actix_web::web::{self, ServiceConfig};
use drawbridge_http::{health, only, read, write};

use crate::handlers::{
    account, activity, confirm, health_ready, jwks, links, login, logout, mailbox, me, passkeys, password,
    recovery_codes, refresh, register, second_step, sessions, totp,
};

/// Adds the routes.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(write("/api/register", register::register))
        .service(write("/api/links/look", links::look))
        .service(write("/api/email/verify", links::verify))
        .service(write("/api/email/verify/resend", links::resend))
        .service(write("/api/email", links::ask_for_change))
        .service(write("/api/login", login::login))
        .service(write("/api/login/second", second_step::code))
        .service(write("/api/login/passkey/begin", second_step::begin_passkey))
        .service(write("/api/login/passkey/finish", second_step::finish_passkey))
        .service(write("/api/logout", logout::logout))
        .service(write("/api/refresh", refresh::refresh))
        .service(write("/api/seen", sessions::seen))
        .service(write("/api/password", password::change))
        .service(write("/api/password/forgot", password::forgot))
        .service(write("/api/password/reset", password::reset))
        .service(write("/api/password/strength", password::strength))
        .service(write("/api/confirm", confirm::confirm))
        .service(write("/api/confirm/passkey/begin", confirm::begin_passkey))
        .service(write("/api/confirm/passkey/finish", confirm::finish_passkey))
        .service(
            read("/api/me", me::me)
                .route(web::delete().to(account::delete))
                .default_service(web::to(|| only("GET, HEAD, DELETE"))),
        )
        .service(read("/api/me/export", account::export))
        .service(read("/api/account", account::show))
        .service(read("/api/activity", activity::list))
        .service(
            read("/api/sessions", sessions::list)
                .route(web::delete().to(sessions::end_others))
                .default_service(web::to(|| only("GET, HEAD, DELETE"))),
        )
        .service(
            web::resource("/api/sessions/{id}")
                .route(web::delete().to(sessions::end))
                .default_service(web::to(|| only("DELETE"))),
        )
        .service(write("/api/totp/begin", totp::begin))
        .service(write("/api/totp/confirm", totp::confirm))
        .service(
            web::resource("/api/totp")
                .route(web::delete().to(totp::remove))
                .default_service(web::to(|| only("DELETE"))),
        )
        .service(write("/api/recovery-codes", recovery_codes::replace))
        .service(write("/api/passkeys/begin", passkeys::begin))
        .service(write("/api/passkeys/finish", passkeys::finish))
        .service(
            write("/api/passkeys/{id}", passkeys::rename)
                .route(web::delete().to(passkeys::remove))
                .default_service(web::to(|| only("POST, DELETE"))),
        )
        .service(read("/.well-known/jwks.json", jwks::jwks))
        .service(read("/mailbox", mailbox::show))
        .service(read("/health/live", health::live))
        .service(read("/health/serving", health::serving))
        .service(read("/health/ready", health_ready::ready));
}
