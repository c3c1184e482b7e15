use chrono::{DateTime, Utc};
use drawbridge_core::origin::Origin;
use reqwest::{
    StatusCode, Url,
    header::{HeaderMap, SET_COOKIE},
};

/// One response, with facts about its request and connection.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// When the server's certificate expires.
    pub(crate) certificate_expiry: Option<DateTime<Utc>>,
    /// The length of the request's `Cookie` header, in bytes.
    pub(crate) sent_cookie_bytes: usize,
}

impl Hop {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The values of all `Set-Cookie` headers.
    pub(crate) fn set_cookies(&self) -> Vec<String> {
        let values = self.headers.get_all(SET_COOKIE).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    }

    /// The URL without its query, which may contain a secret.
    pub(crate) fn url_without_query(&self) -> String {
        format!("{}{}", self.url.origin().ascii_serialization(), self.url.path())
    }

    /// The origin that responded.
    pub(crate) fn origin(&self) -> Option<Origin> {
        Origin::parse(&self.url.origin().ascii_serialization()).ok()
    }
}
