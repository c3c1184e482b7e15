//! `/health/live`, `/health/serving` and `/health/ready`: is the process there, does it want requests, and is what
//! it needs in reach.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web,
};
use serde::Serialize;

use crate::draining::Draining;

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

/// `GET /health/serving`: 200 until the service is told to stop, for whoever spreads requests over replicas.
///
/// It asks nothing else. A dependency that is away is away for every replica: a balancer that asked
/// [`ready`] would take all of them out, and with them every answer that can be given without it.
pub async fn serving(draining: web::Data<Draining>) -> HttpResponse {
    report(&draining, &[])
}

/// The answer of `GET /health/ready`: 200, or 503 that says which dependency is missing, or that the
/// service is leaving.
pub fn ready(draining: &Draining, dependencies: &[Dependency]) -> HttpResponse {
    report(draining, dependencies)
}

fn report(draining: &Draining, dependencies: &[Dependency]) -> HttpResponse {
    let (success, message) = if draining.is_on() {
        (false, "the service is stopping")
    } else if dependencies.iter().all(|dependency| dependency.up || !dependency.needed) {
        (true, "ready")
    } else {
        (false, "a dependency is out of reach")
    };
    let status = if success { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = HttpResponse::build(status);
    if !success {
        response.insert_header((header::RETRY_AFTER, "2"));
    }
    response.json(Report { success, message, code: (!success).then_some("unavailable"), dependencies })
}
