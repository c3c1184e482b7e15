//! The stylesheet, the scripts and the logo. Each has its content's hash in its path, so it may be kept for ever.

use actix_web::{HttpResponse, http::header, web};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_http::problem::{Code, Problem};

use crate::{app::App, site::Site};

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The pattern of their paths.
pub(crate) const PATTERN: &str = "/assets/{version}/{file}";

/// All of them.
pub(crate) struct Assets {
    style: Asset,
    passkeys: Asset,
    password: Asset,
    logo: Asset,
}

struct Asset {
    path: String,
    content_type: &'static str,
    content: web::Bytes,
}

impl Asset {
    fn new(file: &str, content_type: &'static str, content: Vec<u8>) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, &content));
        let version: String = hash.chars().take(16).collect();
        Self { path: format!("/assets/{version}/{file}"), content_type, content: content.into() }
    }
}

impl Assets {
    /// Those of a site.
    pub(crate) fn new(site: &Site) -> Self {
        let style = include_str!("../assets/drawbridge.css").to_owned() + &site.style();
        let script = |file, content: &str| Asset::new(file, SCRIPT, content.into());
        Self {
            style: Asset::new("drawbridge.css", "text/css; charset=utf-8", style.into_bytes()),
            passkeys: script("passkeys.js", include_str!("../assets/passkeys.js")),
            password: script("password.js", include_str!("../assets/password.js")),
            logo: Asset::new(site.logo.kind.file(), site.logo.kind.content_type(), site.logo.content.clone()),
        }
    }

    pub(crate) fn style(&self) -> &str {
        &self.style.path
    }

    pub(crate) fn passkeys(&self) -> &str {
        &self.passkeys.path
    }

    pub(crate) fn password(&self) -> &str {
        &self.password.path
    }

    pub(crate) fn logo(&self) -> &str {
        &self.logo.path
    }

    pub(crate) fn logo_type(&self) -> &str {
        self.logo.content_type
    }
}

/// `GET` of one of them. A page of another release names another version: it gets what is here, to be kept for
/// that page alone.
pub(crate) async fn serve(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (version, file) = path.into_inner();
    let assets = &app.assets;
    let mut all = [&assets.style, &assets.passkeys, &assets.password, &assets.logo].into_iter();
    let asset = all
        .find(|asset| asset.path.ends_with(&format!("/{file}")))
        .ok_or_else(|| Problem::new(Code::NotFound, "Check the path."))?;
    let is_this = asset.path == format!("/assets/{version}/{file}");
    let keep = if is_this { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(HttpResponse::Ok()
        .content_type(asset.content_type)
        .insert_header((header::CACHE_CONTROL, keep))
        // A drawing that is opened by itself runs no script.
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        ))
        .body(asset.content.clone()))
}
