//! Every URL of the service.

use actix_session::SessionMiddleware;
use actix_web::{
    Scope,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use drawbridge_http::{form, health, read, write};

use crate::{
    assets,
    handlers::{
        account::{
            activity, authenticator, confirm, data, delete, email, overview, passkeys, password,
            recovery_codes, sessions,
        },
        api, confirm_address, enrol, forgot_password, health_ready, home, language, login, logout, private,
        register, reset_password, second,
    },
    page_sessions::PageSessions,
    renewal::renew,
    seen,
    upstreams::{Upstreams, forward},
};
use drawbridge_guard::Guard;

/// Adds the routes.
pub(crate) fn configure(
    config: &mut ServiceConfig,
    page_sessions: SessionMiddleware<PageSessions>,
    guard: Guard,
    upstreams: &Upstreams,
) {
    for prefix in upstreams.prefixes() {
        config.service(web::resource([prefix.to_owned(), format!("{prefix}/{{path:.*}}")]).to(forward));
    }
    for (path, methods, calls) in api::OFFERED {
        config.service(api::resource(path, methods, calls));
    }
    let private = web::scope("/private").service(read("", private::show)).service(read("/", private::show));
    let pages = entry(web::scope(""))
        .service(private.wrap(from_fn(seen::note)).wrap(from_fn(renew)).wrap(guard.clone()))
        .service(account().wrap(from_fn(seen::note)).wrap(from_fn(renew)).wrap(guard))
        .wrap(page_sessions);
    config
        .service(read(assets::PATTERN, assets::serve))
        .service(read("/health/live", health::live))
        .service(read("/health/serving", health::serving))
        .service(read("/health/ready", health_ready::ready))
        .service(pages);
}

/// What everybody may see.
fn entry(scope: Scope) -> Scope {
    scope
        .service(read("/", home::show))
        .service(write("/language", language::take))
        .service(form("/login", login::show, login::take))
        .service(write("/login/passkey/begin", login::begin))
        .service(write("/login/passkey/finish", login::finish))
        .service(form("/login/second", second::show, second::take))
        .service(write("/login/second/passkey/begin", second::begin))
        .service(write("/login/second/passkey/finish", second::finish))
        .service(read("/login/enrol", enrol::show))
        .service(form("/login/enrol/authenticator/begin", enrol::back, enrol::begin_authenticator))
        .service(form("/login/enrol/authenticator/confirm", enrol::back, enrol::confirm_authenticator))
        .service(write("/login/enrol/passkey/begin", enrol::begin_passkey))
        .service(write("/login/enrol/passkey/finish", enrol::finish_passkey))
        .service(form("/register", register::show, register::take))
        .service(read("/register/sent", register::sent))
        .service(form("/confirm-address", confirm_address::show, confirm_address::take))
        .service(form("/forgot-password", forgot_password::show, forgot_password::take))
        .service(read("/forgot-password/sent", forgot_password::sent))
        .service(form("/reset-password", reset_password::show, reset_password::take))
        .service(form("/logout", logout::show, logout::take))
}

/// What people see of their own account.
fn account() -> Scope {
    web::scope("/account")
        .service(read("", overview::show))
        .service(form("/email", email::show, email::take))
        .service(write("/email/resend", email::resend))
        .service(form("/password", password::show, password::take))
        .service(read("/passkeys", passkeys::show))
        .service(write("/passkeys/begin", passkeys::begin))
        .service(write("/passkeys/finish", passkeys::finish))
        .service(write("/passkeys/rename", passkeys::rename))
        .service(write("/passkeys/remove", passkeys::remove))
        .service(read("/authenticator", authenticator::show))
        .service(write("/authenticator/begin", authenticator::begin))
        .service(write("/authenticator/confirm", authenticator::confirm))
        .service(write("/authenticator/remove", authenticator::remove))
        .service(form("/recovery-codes", recovery_codes::show, recovery_codes::take))
        .service(read("/sessions", sessions::show))
        .service(write("/sessions/end", sessions::end))
        .service(write("/sessions/end-others", sessions::end_others))
        .service(read("/activity", activity::show))
        .service(read("/data", data::show))
        .service(form("/delete", delete::show, delete::take))
        .service(form("/confirm", confirm::show, confirm::take))
        .service(write("/confirm/passkey/begin", confirm::begin))
        .service(write("/confirm/passkey/finish", confirm::finish))
}
