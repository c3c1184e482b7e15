//! `/health/live`, `/health/serving` and `/health/ready`: is the process running, does it want requests, and are its
//! dependencies reachable?

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web,
};
use serde::Serialize;

use crate::draining::Draining;

/// A dependency of a service.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dependency {
    /// The name, such as `database`.
    pub name: &'static str,
    /// Whether it has just answered.
    pub up: bool,
    /// Whether the service is ready only if this dependency is up.
    pub needed: bool,
}

/// The state of a service.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = HealthReport))]
pub struct Report<'a> {
    /// Whether the check succeeded.
    success: bool,
    /// For people; it may change.
    message: &'a str,
    /// `unavailable` if the check failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    code: Option<&'static str>,
    /// What was checked.
    dependencies: &'a [Dependency],
}

/// `GET /health/live`: answers 200 while the process is running.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/health/live",
        operation_id = "get_liveness",
        tag = "Operation",
        responses((status = 200, description = "The process is running", body = Report))
    )
)]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Report { success: true, message: "alive", code: None, dependencies: &[] })
}

/// `GET /health/serving`: answers 200 until the service drains, for load balancers.
///
/// It ignores dependencies. An outage affects every replica alike, and a load balancer that used the readiness check
/// would remove all of them, although many requests can be answered without the dependency.
#[cfg_attr(
    feature = "openapi",
    utoipa::path(
        get,
        path = "/health/serving",
        operation_id = "get_serving_state",
        tag = "Operation",
        responses(
            (status = 200, description = "The service accepts requests", body = Report),
            (status = 503, description = "The service is stopping", body = Report)
        )
    )
)]
pub async fn serving(draining: web::Data<Draining>) -> HttpResponse {
    report(&draining, &[])
}

/// The response to `GET /health/ready`: 200, or 503 if a dependency is unreachable or the service is draining.
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
