//! Resources that answer every other method with 405 and `Allow`.

use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, guard, web};

use crate::problem::{Code, Problem};

/// A resource that is read: `GET` and `HEAD`.
pub fn read<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let route = web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler);
    web::resource(path).route(route).default_service(web::to(|| only("GET, HEAD")))
}

/// A resource that is written: `POST`.
pub fn write<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(web::post().to(handler)).default_service(web::to(|| only("POST")))
}

/// A page with a form: `GET` shows it, `POST` takes it.
pub fn form<F, Args, G, GArgs>(path: &str, show: F, take: G) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
    G: Handler<GArgs>,
    GArgs: FromRequest + 'static,
    G::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(show))
        .route(web::post().to(take))
        .default_service(web::to(|| only("GET, HEAD, POST")))
}

/// The answer to any method but these.
///
/// # Errors
/// Always.
pub async fn only(methods: &'static str) -> Result<HttpResponse, Problem> {
    let detail = format!("This path takes {methods}.");
    Err(Problem::new(Code::MethodNotAllowed, detail).allow(methods))
}
