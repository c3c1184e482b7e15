//! A small application with a page that shows the signed-in user, with and without the guard.

use std::{net::SocketAddr, path::PathBuf};

use actix_web::{App, HttpResponse, HttpServer, http::header::ContentType, web};
use bench::page::render;
use clap::Args;
use drawbridge_guard::{Guard, SignedIn};
use drawbridge_http::health;
use drawbridge_verification::Verified;
use serde::Deserialize;

#[derive(Args)]
pub(crate) struct OpenPageArgs {
    /// JSON file with the response of verify-service for the user that the page shows
    #[arg(long, value_name = "FILE")]
    person: PathBuf,
}

#[derive(Args)]
pub(crate) struct GuardedPageArgs {
    /// Origin of the frontend
    #[arg(long, value_name = "ORIGIN")]
    frontend_origin: String,
    /// URL of verify-service
    #[arg(long, value_name = "URL")]
    verify_service: String,
    /// URL of Redis
    #[arg(long, value_name = "URL")]
    redis_url: String,
}

#[derive(Deserialize)]
struct VerifiedBody {
    data: Verified,
}

pub(crate) async fn serve_open(address: SocketAddr, args: OpenPageArgs) -> anyhow::Result<()> {
    let VerifiedBody { data } = serde_json::from_slice(&std::fs::read(args.person)?)?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(data.clone()))
            .service(web::scope("/private").route("", web::get().to(show_fixed_user)))
            .route("/health/live", web::get().to(health::live))
    });
    Ok(server.bind(address)?.run().await?)
}

pub(crate) async fn serve_guarded(address: SocketAddr, args: GuardedPageArgs) -> anyhow::Result<()> {
    let guard = Guard::builder(&args.frontend_origin)
        .verify_service(&args.verify_service)
        .embedded(&args.redis_url)
        .build()?;
    let server = HttpServer::new(move || {
        App::new()
            .service(web::scope("/private").wrap(guard.clone()).route("", web::get().to(show_signed_in_user)))
            .route("/health/live", web::get().to(health::live))
    });
    Ok(server.bind(address)?.run().await?)
}

async fn show_fixed_user(user: web::Data<Verified>) -> HttpResponse {
    respond(&user)
}

async fn show_signed_in_user(user: SignedIn) -> HttpResponse {
    respond(&user)
}

fn respond(user: &Verified) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::html()).body(render(user))
}
