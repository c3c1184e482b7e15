use actix_web::{HttpResponse, http::header, web};
use drawbridge_http::problem::{Code, Problem};
use serde::Deserialize;

use crate::app::App;

/// The parameters of the path.
#[derive(Deserialize)]
pub(crate) struct AssetPath {
    version: String,
    file: String,
}

/// `GET /assets/{version}/{file}`: sends an asset. A page of another release asks for another version; it
/// gets the current one, which browsers must not cache under that path.
pub(crate) async fn show(app: web::Data<App>, path: web::Path<AssetPath>) -> Result<HttpResponse, Problem> {
    let AssetPath { version, file } = path.into_inner();
    let asset = app
        .assets
        .find(&file)
        .ok_or_else(|| Problem::new(Code::NotFound, "No resource exists at this path."))?;
    let is_current = asset.path() == app.pages.at(&format!("/assets/{version}/{file}"));
    let caching = if is_current { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(HttpResponse::Ok()
        .content_type(asset.content_type)
        .insert_header((header::CACHE_CONTROL, caching))
        // An SVG that is opened on its own must not run scripts.
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        ))
        .body(asset.content.clone()))
}
