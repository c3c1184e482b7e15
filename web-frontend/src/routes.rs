//! Every URL of the service.

use actix_session::SessionMiddleware;
use actix_web::{
    HttpResponse, Scope,
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use drawbridge_http::{
    discovery::{CHANGES_PATH, METADATA_PATH, PUBLIC_KEYS_PATH},
    get, get_and_post, get_stream, health,
    openapi::site,
    post,
    problem::{Code, Problem},
};

use crate::{
    app::App,
    assets::ASSET_ROUTE,
    auth_client::AuthEndpoint,
    handlers::{
        account::{
            activity, authenticator, confirm, data, delete, email, overview, passkeys, password,
            recovery_codes, sessions,
        },
        api::{self, API_ROUTES},
        assets, confirm_address, discovery, enrol, forgot_password, health_ready, home, language, login,
        logout, openapi, private, register, reset_password, second_factor, upstream,
    },
    middleware::{renew_session, report_activity},
    openapi::DOCUMENT,
    page_sessions::PageSessions,
    verify_client::VERIFY_PATH,
};

/// Adds all routes.
pub(crate) fn configure(
    config: &mut ServiceConfig,
    page_sessions: SessionMiddleware<PageSessions>,
    app: &App,
) {
    config
        .app_data(web::Data::new(DOCUMENT.below(&app.pages)))
        .service(get(METADATA_PATH, discovery::metadata))
        .service(get(PUBLIC_KEYS_PATH, discovery::public_keys));
    for prefix in app.upstreams.prefixes() {
        let below = format!("{prefix}/{{path:.*}}");
        config.service(web::resource([prefix.to_owned(), below]).to(upstream::forward));
    }
    match app.pages.prefix() {
        "" => own_paths(config, page_sessions, app),
        prefix => {
            let own_paths = |config: &mut ServiceConfig| own_paths(config, page_sessions, app);
            config.service(web::scope(prefix).configure(own_paths));
        }
    }
    if app.upstreams.has_app() {
        config.default_service(web::to(upstream::forward));
    }
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::NotFound, "No resource exists at this path."))
}

/// Adds the paths below `PAGES_PATH`.
fn own_paths(config: &mut ServiceConfig, page_sessions: SessionMiddleware<PageSessions>, app: &App) {
    for route in API_ROUTES {
        config.service(route.resource());
    }
    let private_pages = private_pages(web::scope("/private"))
        .wrap(from_fn(report_activity))
        .wrap(from_fn(renew_session))
        .wrap(app.guard.clone());
    let account_pages = account_pages(web::scope("/account"))
        .wrap(from_fn(report_activity))
        .wrap(from_fn(renew_session))
        .wrap(app.guard.clone());
    let pages = public_pages(web::scope("")).service(private_pages).service(account_pages);
    // At the root, other paths are the application's.
    let pages = if app.pages.prefix().is_empty() { pages } else { pages.default_service(web::to(not_found)) };
    config
        .service(post(AuthEndpoint::TOKEN.path, api::exchange_token))
        .service(post(AuthEndpoint::PREVIEW.path, api::announce_preview))
        .service(post(VERIFY_PATH, api::verify_token))
        .service(get_stream(CHANGES_PATH, api::follow_changes))
        .service(get(ASSET_ROUTE, assets::show))
        .service(get("/health/live", health::live))
        .service(get("/health/serving", health::serving))
        .service(get("/health/ready", health_ready::show))
        .service(get("/openapi.json", site::show_document))
        .service(get("/openapi", openapi::show))
        .service(get("/problems/{code}", openapi::show_problem))
        .service(pages.wrap(page_sessions));
}

/// The pages that everyone may see.
fn public_pages(scope: Scope) -> Scope {
    scope
        .service(get("/", home::show))
        .service(get("", home::show))
        .service(post("/language", language::submit))
        .service(get_and_post("/login", login::show, login::submit))
        .service(post("/login/passkey/begin", login::begin_passkey))
        .service(post("/login/passkey/finish", login::finish_passkey))
        .service(get_and_post("/login/second", second_factor::show, second_factor::submit))
        .service(post("/login/second/passkey/begin", second_factor::begin_passkey))
        .service(post("/login/second/passkey/finish", second_factor::finish_passkey))
        .service(get("/login/enrol", enrol::show))
        .service(get_and_post(
            "/login/enrol/authenticator/begin",
            enrol::redirect_to_page,
            enrol::begin_authenticator,
        ))
        .service(get_and_post(
            "/login/enrol/authenticator/confirm",
            enrol::redirect_to_page,
            enrol::confirm_authenticator,
        ))
        .service(post("/login/enrol/passkey/begin", enrol::begin_passkey))
        .service(post("/login/enrol/passkey/finish", enrol::finish_passkey))
        .service(get_and_post("/register", register::show, register::submit))
        .service(get("/register/sent", register::show_sent))
        .service(get_and_post("/confirm-address", confirm_address::show, confirm_address::submit))
        .service(get_and_post("/forgot-password", forgot_password::show, forgot_password::submit))
        .service(get("/forgot-password/sent", forgot_password::show_sent))
        .service(get_and_post("/reset-password", reset_password::show, reset_password::submit))
        .service(get_and_post("/logout", logout::show, logout::submit))
}

/// The page that only shows who is signed in.
fn private_pages(scope: Scope) -> Scope {
    scope.service(get("", private::show)).service(get("/", private::show))
}

/// The pages where users manage their account.
fn account_pages(scope: Scope) -> Scope {
    scope
        .service(get("", overview::show))
        .service(get_and_post("/email", email::show, email::submit))
        .service(post("/email/resend", email::resend))
        .service(get_and_post("/password", password::show, password::submit))
        .service(get("/passkeys", passkeys::show))
        .service(post("/passkeys/begin", passkeys::begin))
        .service(post("/passkeys/finish", passkeys::finish))
        .service(post("/passkeys/rename", passkeys::rename))
        .service(post("/passkeys/remove", passkeys::remove))
        .service(get("/authenticator", authenticator::show))
        .service(post("/authenticator/begin", authenticator::begin))
        .service(post("/authenticator/confirm", authenticator::confirm))
        .service(post("/authenticator/remove", authenticator::remove))
        .service(get_and_post("/recovery-codes", recovery_codes::show, recovery_codes::submit))
        .service(get("/sessions", sessions::show))
        .service(post("/sessions/end", sessions::end))
        .service(post("/sessions/end-others", sessions::end_others))
        .service(get("/activity", activity::show))
        .service(get("/data", data::show))
        .service(get_and_post("/delete", delete::show, delete::submit))
        .service(get_and_post("/confirm", confirm::show, confirm::submit))
        .service(post("/confirm/passkey/begin", confirm::begin_passkey))
        .service(post("/confirm/passkey/finish", confirm::finish_passkey))
}

#[cfg(test)]
mod tests {
    use drawbridge_core::pages_path::PagesPath;

    use crate::upstreams::Upstream;

    use super::*;

    /// The paths written in this file, except those relative to `/account`.
    fn absolute_paths() -> impl Iterator<Item = &'static str> {
        let (absolute, _) = include_str!("routes.rs").split_once("fn account_pages").unwrap();
        absolute.split('"').filter(|text| text.starts_with('/') && !text.contains('\n'))
    }

    #[test]
    fn no_upstream_can_take_over_a_path_of_drawbridge() {
        let api_paths = API_ROUTES.iter().map(|route| route.path);
        let paths: Vec<_> = absolute_paths().chain(api_paths).chain([ASSET_ROUTE]).collect();

        assert!(paths.contains(&"/account") && paths.contains(&"/login/second"), "{paths:?}");
        let top_level = |path: &&str| format!("/{}", path.split('/').nth(1).unwrap());
        let reserved = paths.iter().filter(|path| **path != "/").map(top_level);
        // Below /.well-known, only these two paths belong to Drawbridge.
        for path in reserved.chain([METADATA_PATH, PUBLIC_KEYS_PATH].map(str::to_owned)) {
            let error = Upstream::parse_list(&format!("{path}=https://a.example"), &PagesPath::default())
                .unwrap_err();
            assert!(error.contains("belongs to Drawbridge"), "{path}: {error}");
        }
    }
}
