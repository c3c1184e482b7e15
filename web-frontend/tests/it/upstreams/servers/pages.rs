//! Responses with cookies and URLs of the upstream's own, as frameworks write them.

use actix_web::{HttpRequest, HttpResponse, http::header, web};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    for (path, location) in [
        ("/v1/moved", "/v1/here"),
        ("/v1/prefixed", "/backend/here"),
        ("/v1/outside", "/admin?secret=1"),
        ("/v1/elsewhere", "https://idp.example/authorize"),
    ] {
        let redirect =
            move || async move { HttpResponse::Found().insert_header((header::LOCATION, location)).finish() };
        service.route(path, web::get().to(redirect));
    }
    for (path, set_cookie) in [
        ("/v1/cross-site-cookie", "a=1; SameSite=None; Secure; HttpOnly"),
        ("/v1/partitioned-cookie", "a=1; SameSite=None; Secure; Partitioned; Path=/"),
        ("/v1/context-cookie", "a=1; Path=/v1"),
        ("/v1/host-cookie", "__Host-a=1; Secure; Path=/"),
    ] {
        let set = move || async move {
            HttpResponse::Ok().insert_header((header::SET_COOKIE, set_cookie)).finish()
        };
        service.route(path, web::get().to(set));
    }
    service
        .route("/v1/absolute", web::get().to(redirect_home))
        .route("/v1/created", web::get().to(create_outside))
        .route("/v1/asset", web::get().to(|| async { "asset" }))
        .route("/v1/links", web::get().to(send_links));
}

/// Redirects to an absolute URL on the host that the client sees, like Rails.
async fn redirect_home(request: HttpRequest) -> HttpResponse {
    let host = request.headers().get("x-forwarded-host").unwrap().to_str().unwrap();
    HttpResponse::Found().insert_header((header::LOCATION, format!("http://{host}/home"))).finish()
}

async fn create_outside() -> HttpResponse {
    HttpResponse::Created().insert_header((header::LOCATION, "/admin/7")).finish()
}

async fn send_links() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::LINK, "</v1/next?page=2>; rel=next, </admin>; rel=up"))
        .insert_header((header::REFRESH, "5; url=/v1/later"))
        .insert_header((header::CONTENT_LOCATION, "/v1/links.en"))
        .insert_header((header::CACHE_CONTROL, "max-age=60"))
        .finish()
}
