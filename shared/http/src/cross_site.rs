//! Protection against cross-site requests.

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
};

use crate::problem::{Code, Problem};
use drawbridge_core::origin::Origin;

/// The origins whose pages may send changing requests: application data for [`refuse_cross_site`].
#[derive(Debug, Clone)]
pub struct OwnOrigins(pub Vec<Origin>);

/// Further origins whose pages may send changing requests, which can change while the service runs: application data
/// for [`refuse_cross_site`].
#[derive(Clone)]
pub struct RegisteredOrigins(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl RegisteredOrigins {
    /// The origins, as in the header `Origin`, for which `contains` returns true.
    pub fn new(contains: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(contains))
    }
}

/// Paths to which pages of other sites may send changing requests: application data for [`refuse_cross_site`]. A path that
/// ends with `/*` covers everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrossSitePaths(Vec<String>);

/// Marks a changing request from a page of another site, which must not act for a signed-in user.
#[derive(Debug, Clone, Copy)]
pub struct FromOtherSite;

impl CrossSitePaths {
    /// Parses paths separated by commas.
    ///
    /// # Errors
    /// A reason that continues a sentence after the name of the setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parse = |path: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
            let plain = path.strip_suffix("/*").unwrap_or(path);
            let is_path = plain.starts_with('/') && plain.bytes().all(is_plain);
            if !is_path || plain.contains("//") || plain.contains("/.") {
                return Err(format!(
                    "must be paths such as /backend/auth/callback or /hooks/*, not \"{path}\""
                ));
            }
            Ok(path.to_owned())
        };
        text.split(',').map(|path| parse(path.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// The paths, as they were written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Returns true if pages of other sites may send requests to a path, as received.
    fn contain(&self, path: &str) -> bool {
        self.iter().any(|listed| match listed.strip_suffix("/*") {
            // Encoded characters and dot segments could lead elsewhere.
            Some(parent) => {
                let rest = path.strip_prefix(parent).filter(|rest| rest.starts_with('/'));
                rest.is_some_and(|rest| !rest.contains(['%', '\\', ';']) && !rest.contains("/."))
            }
            None => path == listed,
        })
    }
}

/// Refuses changing requests from pages of other sites, except to [`CrossSitePaths`].
///
/// Browsers send `Sec-Fetch-Site` or `Origin`. A client that sends neither is not a browser, and no page can make it
/// send another person's cookie.
pub async fn refuse_cross_site<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_same_site(request.request()) {
        let paths = request.app_data::<CrossSitePaths>();
        if paths.is_some_and(|paths| paths.contain(request.path())) {
            request.extensions_mut().insert(FromOtherSite);
            return next.call(request).await;
        }
        let detail = "Send the request from a page of this site.";
        return Err(Problem::new(Code::CrossSiteRequest, detail).into());
    }
    next.call(request).await
}

/// Returns true if a request comes from a page of [`OwnOrigins`] or [`RegisteredOrigins`], or from no page at all.
pub fn is_same_site(request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = header("sec-fetch-site");
    if site.is_some_and(|site| matches!(site, "same-origin" | "none")) {
        return true;
    }
    match header(header::ORIGIN.as_str()) {
        Some(origin) => is_own_origin(request, origin) || is_registered_origin(request, origin),
        None => site.is_none(),
    }
}

/// Returns true if `origin`, as in the header `Origin`, is one of [`OwnOrigins`].
pub fn is_own_origin(request: &HttpRequest, origin: &str) -> bool {
    let own = request.app_data::<OwnOrigins>();
    own.is_some_and(|own| own.0.iter().any(|own| own.to_string() == origin))
}

fn is_registered_origin(request: &HttpRequest, origin: &str) -> bool {
    request.app_data::<RegisteredOrigins>().is_some_and(|registered| (registered.0)(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_paths_accept_other_sites() {
        let paths = CrossSitePaths::parse("/backend/auth/callback, /hooks/*").unwrap();

        for path in ["/backend/auth/callback", "/hooks/a", "/hooks/a/b", "/hooks/"] {
            assert!(paths.contain(path), "{path}");
        }
        for path in [
            "/backend/auth/callback/x",
            "/backend/auth",
            "/BACKEND/auth/callback",
            "/hooks",
            "/hooksx",
            "/hooks/../admin",
            "/hooks/%2e%2e/admin",
            "/hooks/..;/admin",
            "/hooks/..\\admin",
        ] {
            assert!(!paths.contain(path), "{path}");
        }
    }

    #[test]
    fn a_path_that_is_none_is_refused() {
        for text in ["", "callback", "https://a.example/x", "/a//b", "/a/../b", "/a/*/b", "/a?b", "/%61"] {
            assert!(CrossSitePaths::parse(text).unwrap_err().contains("such as"), "{text}");
        }
    }
}
