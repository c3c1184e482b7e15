//! A small application with a page that names the person, with the guard and without.

use std::path::PathBuf;

use actix_web::{App, HttpResponse, HttpServer, http::header::ContentType, web};
use bench::page::render;
use clap::Args;
use drawbridge_guard::{Guard, SignedIn};
use drawbridge_http::health;
use drawbridge_verification::Verified;
use serde::Deserialize;

#[derive(Args)]
pub(crate) struct OpenPage {
    /// A file with verify-service's answer about the person
    #[arg(long)]
    person: PathBuf,
}

#[derive(Args)]
pub(crate) struct GuardedPage {
    #[arg(long)]
    frontend_origin: String,
    #[arg(long)]
    verify_service: String,
    #[arg(long)]
    redis_url: String,
}

#[derive(Deserialize)]
struct Valid {
    data: Verified,
}

/// The guard that is measured: the one that verifies in its own process.
fn guard(page: &GuardedPage) -> anyhow::Result<Guard> {
    let guard = Guard::builder(&page.frontend_origin).verify_service(&page.verify_service);
    Ok(guard.embedded(&page.redis_url).build()?)
}

pub(crate) async fn serve_open(address: (&str, u16), page: OpenPage) -> anyhow::Result<()> {
    let Valid { data } = serde_json::from_slice(&std::fs::read(page.person)?)?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(data.clone()))
            .service(web::scope("/private").route("", web::get().to(open)))
            .route("/health/live", web::get().to(health::live))
    });
    Ok(server.bind(address)?.run().await?)
}

pub(crate) async fn serve_guarded(address: (&str, u16), page: GuardedPage) -> anyhow::Result<()> {
    let guard = guard(&page)?;
    let server = HttpServer::new(move || {
        App::new()
            .service(web::scope("/private").wrap(guard.clone()).route("", web::get().to(guarded)))
            .route("/health/live", web::get().to(health::live))
    });
    Ok(server.bind(address)?.run().await?)
}

async fn open(person: web::Data<Verified>) -> HttpResponse {
    answer(&person)
}

async fn guarded(person: SignedIn) -> HttpResponse {
    answer(&person)
}

fn answer(person: &Verified) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(render(person))
}
