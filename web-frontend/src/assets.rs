//! The stylesheet, the scripts and the logo. The path of each contains a hash of its content, so browsers can
//! cache it forever.

use actix_web::web::Bytes;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::pages_path::PagesPath;
use drawbridge_http::openapi::API_STYLE;

use crate::site::Site;

/// The route of all assets.
pub(crate) const ASSET_ROUTE: &str = "/assets/{version}/{file}";

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// How many characters of the hash are in the path.
const VERSION_CHARACTERS: usize = 16;

/// The assets of a site.
pub(crate) struct Assets {
    stylesheet: Asset,
    passkey_script: Asset,
    password_script: Asset,
    logo: Asset,
}

/// A file that pages load.
pub(crate) struct Asset {
    file: &'static str,
    path: String,
    pub(crate) content_type: &'static str,
    pub(crate) content: Bytes,
}

impl Asset {
    fn new(pages: &PagesPath, file: &'static str, content_type: &'static str, content: Vec<u8>) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, &content));
        let version: String = hash.chars().take(VERSION_CHARACTERS).collect();
        let path = pages.at(&format!("/assets/{version}/{file}"));
        Self { file, path, content_type, content: content.into() }
    }

    fn script(pages: &PagesPath, file: &'static str, content: &str) -> Self {
        Self::new(pages, file, JAVASCRIPT, content.into())
    }

    /// The path, with the version of the content.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl Assets {
    /// The assets with the colours and the logo of `site`.
    pub(crate) fn new(site: &Site, pages: &PagesPath) -> Self {
        let stylesheet = include_str!("../assets/drawbridge.css").to_owned() + API_STYLE + &site.style();
        let logo_format = site.logo.format;
        Self {
            stylesheet: Asset::new(
                pages,
                "drawbridge.css",
                "text/css; charset=utf-8",
                stylesheet.into_bytes(),
            ),
            passkey_script: Asset::script(pages, "passkeys.js", include_str!("../assets/passkeys.js")),
            password_script: Asset::script(pages, "password.js", include_str!("../assets/password.js")),
            logo: Asset::new(
                pages,
                logo_format.file_name(),
                logo_format.content_type(),
                site.logo.content.clone(),
            ),
        }
    }

    /// The asset with this file name, whatever its version.
    pub(crate) fn find(&self, file: &str) -> Option<&Asset> {
        let mut all = [&self.stylesheet, &self.passkey_script, &self.password_script, &self.logo].into_iter();
        all.find(|asset| asset.file == file)
    }

    /// The path of the stylesheet.
    pub(crate) fn style(&self) -> &str {
        self.stylesheet.path()
    }

    /// The path of the script for passkeys.
    pub(crate) fn passkeys(&self) -> &str {
        self.passkey_script.path()
    }

    /// The path of the script for password fields.
    pub(crate) fn password(&self) -> &str {
        self.password_script.path()
    }

    /// The path of the logo.
    pub(crate) fn logo(&self) -> &str {
        self.logo.path()
    }

    /// The content type of the logo.
    pub(crate) fn logo_type(&self) -> &str {
        self.logo.content_type
    }
}
