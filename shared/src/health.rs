//! `/health/live` and `/health/ready`: is the process there, and is what it needs in reach.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde::Serialize;

/// One thing that a service needs.
#[derive(Debug, Clone, Serialize)]
pub struct Dependency {
    /// Its name, such as `database`.
    pub name: &'static str,
    /// Whether it answered just now.
    pub up: bool,
    /// Whether the service is of no use without it.
    pub needed: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    success: bool,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    dependencies: &'a [Dependency],
}

/// `GET /health/live`: 200 while the process answers at all.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Report { success: true, message: "alive", code: None, dependencies: &[] })
}

/// The answer of `GET /health/ready`: 200, or 503 that says which dependency is missing.
pub fn ready(dependencies: &[Dependency]) -> HttpResponse {
    let success = dependencies.iter().all(|dependency| dependency.up || !dependency.needed);
    let (status, message) = if success {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "a dependency is out of reach")
    };
    let mut response = HttpResponse::build(status);
    if !success {
        response.insert_header((header::RETRY_AFTER, "2"));
    }
    response.json(Report { success, message, code: (!success).then_some("unavailable"), dependencies })
}
