//! Builders for resources that answer unsupported methods with 405 and `Allow`.

use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, guard, web};

use crate::problem::{Code, Problem};

/// A resource with `GET` and `HEAD`.
pub fn get<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let route = web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler);
    web::resource(path).route(route).default_service(web::to(|| method_not_allowed("GET, HEAD")))
}

/// A resource with `GET` only, for a response that has no end.
pub fn get_stream<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(web::get().to(handler)).default_service(web::to(|| method_not_allowed("GET")))
}

/// A resource with `POST`.
pub fn post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(web::post().to(handler)).default_service(web::to(|| method_not_allowed("POST")))
}

/// A page with a form: `GET` and `HEAD` show it, `POST` submits it.
pub fn get_and_post<F, Args, G, GArgs>(path: &str, show: F, submit: G) -> Resource
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
        .route(web::post().to(submit))
        .default_service(web::to(|| method_not_allowed("GET, HEAD, POST")))
}

/// The handler for methods that a resource does not support.
///
/// # Errors
/// Always [`Code::MethodNotAllowed`].
pub async fn method_not_allowed(methods: &'static str) -> Result<HttpResponse, Problem> {
    let detail = format!("Use {methods}.");
    Err(Problem::new(Code::MethodNotAllowed, detail).allow(methods))
}
