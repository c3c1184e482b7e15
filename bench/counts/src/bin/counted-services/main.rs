//! The services whose instructions are counted. Only this program uses Drawbridge's crates.

mod burn;

use std::{collections::HashMap, io::Write, process::ExitCode, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, http::header::ContentType, web};
use anyhow::Context;
use clap::{Parser, ValueEnum};
use drawbridge_guard::{Guard, SignedIn};

/// The lowest cost that bcrypt supports. No deployment may use it, so it is not available as a setting.
const LOWEST_BCRYPT_COST: u32 = 4;

/// The size of the page that web-frontend forwards.
const PAGE_BYTES: usize = 1024;

/// Run a Drawbridge service for the counted benchmark.
#[derive(Parser)]
struct Cli {
    service: Service,
    /// Additional instructions that each request executes
    #[arg(long, default_value_t = 0)]
    burn: u64,
    /// Settings, as `NAME=VALUE`
    settings: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Service {
    /// auth-service.
    Auth,
    /// verify-service.
    Verify,
    /// An application with the embedded guard.
    Guard,
    /// web-frontend.
    Frontend,
    /// An application that web-frontend forwards to.
    Application,
}

fn main() -> ExitCode {
    match serve(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed; there is no other place to report to.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(Cli { service, burn, settings }: Cli) -> anyhow::Result<()> {
    let settings: HashMap<_, _> = settings.iter().filter_map(|setting| setting.split_once('=')).collect();
    let read = |name: &str| settings.get(name).map(|value| (*value).to_owned());
    burn::start(burn);
    actix_web::rt::System::new().block_on(async {
        match service {
            Service::Auth => {
                let mut config = auth_service::Config::read(&read)?;
                config.passwords.cost = LOWEST_BCRYPT_COST;
                auth_service::bind(config).await?.run().await?;
            }
            Service::Verify => {
                verify_service::bind(verify_service::Config::read(&read)?)?.run().await?;
            }
            Service::Guard => serve_guarded_page(read).await?,
            Service::Frontend => {
                web_frontend::bind(web_frontend::Config::read(&read)?)?.run().await?;
            }
            Service::Application => serve_application(read).await?,
        }
        Ok(())
    })
}

async fn serve_guarded_page(read: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    let required = |name: &str| read(name).with_context(|| format!("{name} is not set"));
    let guard = Guard::builder(required("FRONTEND_ORIGIN")?)
        .verify_service(required("VERIFY_SERVICE_URL")?)
        .embedded(required("REDIS_URL")?)
        .build()?;
    let metrics = guard.metrics().clone();
    let render = move || {
        let text = metrics.render();
        async { text }
    };
    let server = HttpServer::new(move || {
        App::new()
            .service(web::scope("/private").wrap(guard.clone()).route("", web::get().to(show_page)))
            .route("/health/ready", web::get().to(HttpResponse::Ok))
            .route("/metrics", web::get().to(render.clone()))
    });
    // Prevent connections from timing out while requests are counted.
    Ok(server
        .workers(1)
        .keep_alive(Duration::from_mins(10))
        .bind(("127.0.0.1", required("PORT")?.parse()?))?
        .run()
        .await?)
}

async fn show_page(person: SignedIn) -> String {
    // The services emit the same event; it triggers the additional instructions of `--slow-down`.
    tracing::debug!(target: burn::TARGET, "page shown");
    format!("Signed in as {}", person.user.email)
}

/// Serves a page of 1 KiB.
async fn serve_application(read: impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    let port = read("PORT").context("PORT is not set")?.parse()?;
    let page = || async { HttpResponse::Ok().content_type(ContentType::html()).body("x".repeat(PAGE_BYTES)) };
    let server = HttpServer::new(move || {
        App::new().route("/page", web::get().to(page)).route("/health/ready", web::get().to(HttpResponse::Ok))
    });
    Ok(server.workers(1).bind(("127.0.0.1", port))?.run().await?)
}
