//! An Actix application with a public page and a page for signed-in people.

use std::env;

use actix_web::{App, HttpResponse, HttpServer, Responder, web};
use drawbridge_guard::{BuildError, Guard, SignedIn, TokenParties};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guard = guard()?;
    let port: u16 = setting("PORT", "3000").parse()?;
    HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(home))
            .route("/sign-in", web::get().to(sign_in))
            .service(web::scope("/private").wrap(guard.clone()).route("", web::get().to(private)))
    })
    .workers(1)
    .bind(("127.0.0.1", port))?
    .run()
    .await?;
    Ok(())
}

/// With `REDIS_URL`, the guard verifies in this process (embedded). Without it, the guard asks verify-service (remote).
fn guard() -> Result<Guard, BuildError> {
    let drawbridge = setting("DRAWBRIDGE_ORIGIN", "http://localhost:8080");
    let builder = Guard::builder(setting("ORIGIN", "http://localhost:3000"))
        .verify_service(setting("VERIFY_SERVICE_URL", "http://127.0.0.1:8082"))
        .login_path("/sign-in")
        .token_parties(TokenParties::for_origin(drawbridge));
    match setting("REDIS_URL", "").as_str() {
        "" => builder.build(),
        redis => builder.embedded(redis).build(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the application reads its own settings")]
fn setting(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

async fn home() -> impl Responder {
    "Everyone may read this page."
}

async fn private(person: SignedIn) -> impl Responder {
    format!("Hello {}", person.user.email)
}

/// Cookies ignore ports: after signing in at Drawbridge on localhost, this application sees the session.
async fn sign_in() -> impl Responder {
    let login = format!("{}/login", setting("DRAWBRIDGE_ORIGIN", "http://localhost:8080"));
    let page = format!(
        "<p><a href=\"{login}\">Sign in</a>, then come back to <a href=\"/private\">the private page</a>."
    );
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page)
}
