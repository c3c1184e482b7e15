//! The stylesheet and the icon, compiled in.

use actix_web::{HttpResponse, http::header};

/// Where the stylesheet stands. It may be kept for an hour; a release changes the version in it.
pub(crate) const STYLE_PATH: &str = concat!("/assets/", env!("CARGO_PKG_VERSION"), "/drawbridge.css");

/// Where the icon stands.
pub(crate) const ICON_PATH: &str = concat!("/assets/", env!("CARGO_PKG_VERSION"), "/drawbridge.svg");

pub(crate) async fn style() -> HttpResponse {
    asset("text/css; charset=utf-8", include_str!("../assets/drawbridge.css"))
}

pub(crate) async fn icon() -> HttpResponse {
    asset("image/svg+xml", include_str!("../assets/drawbridge.svg"))
}

fn asset(content_type: &'static str, content: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(content)
}
