//! Every URL of the service.

use actix_session::SessionMiddleware;
use actix_web::{
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use shared::{
    health,
    http::{form, read, write},
};

use crate::{
    assets,
    guard::Guard,
    handlers::{api, health_ready, home, login, logout, private, register},
    page_sessions::PageSessions,
    renewal::renew,
    upstreams::{Upstreams, forward},
};

/// Adds the routes.
pub(crate) fn configure(
    config: &mut ServiceConfig,
    sessions: SessionMiddleware<PageSessions>,
    guard: Guard,
    upstreams: &Upstreams,
) {
    for prefix in upstreams.prefixes() {
        config.service(web::resource([prefix.to_owned(), format!("{prefix}/{{path:.*}}")]).to(forward));
    }
    let private = web::scope("/private")
        .wrap(from_fn(renew))
        .wrap(guard)
        .service(read("", private::show))
        .service(read("/", private::show));
    let pages = web::scope("")
        .service(read("/", home::show))
        .service(form("/login", login::show, login::take))
        .service(form("/register", register::show, register::take))
        .service(form("/logout", logout::show, logout::take))
        .service(private)
        .wrap(sessions);
    config
        .service(write("/api/login", api::login))
        .service(write("/api/register", api::register))
        .service(write("/api/logout", api::logout))
        .service(write("/api/refresh", api::refresh))
        .service(read("/api/me", api::me))
        .service(read(assets::STYLE_PATH, assets::style))
        .service(read(assets::ICON_PATH, assets::icon))
        .service(read("/health/live", health::live))
        .service(read("/health/serving", health::serving))
        .service(read("/health/ready", health_ready::ready))
        .service(pages);
}
