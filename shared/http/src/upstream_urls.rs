//! Rewrites the URLs in an upstream's response headers to those that browsers see.

mod fields;
mod target;

use actix_web::http::header::{self, HeaderName, HeaderValue};

use fields::{rewrite_link, rewrite_refresh};
pub use target::UrlSource;
use target::{Rewritten, rewrite_url};

/// Rewrites the URLs in a response header. `None` if the header leads to a path of the upstream that has no public path.
pub fn rewrite_header(name: &HeaderName, value: &HeaderValue, source: &UrlSource) -> Option<HeaderValue> {
    let rewritten = match *name {
        header::LOCATION | header::CONTENT_LOCATION => match rewrite_url(value.as_bytes(), source) {
            Rewritten::Keep => return Some(value.clone()),
            Rewritten::Replace(url) => url.into_bytes(),
            Rewritten::Outside => return None,
        },
        header::LINK => rewrite_link(value.as_bytes(), source)?,
        header::REFRESH => rewrite_refresh(value.as_bytes(), source)?,
        _ => return Some(value.clone()),
    };
    HeaderValue::from_bytes(&rewritten).ok()
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
