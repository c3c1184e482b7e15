use chrono::{DateTime, Utc};
use drawbridge_core::origin::Origin;
use reqwest::Url;

use super::Hop;
use drawbridge_cookies::received_cookie::ReceivedCookie;

/// The cookies of one visit, each with who set it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jar(Vec<(ReceivedCookie, Origin)>);

impl Jar {
    /// A jar with one cookie in it.
    pub(crate) fn with(cookie: ReceivedCookie, setter: Origin) -> Self {
        Self(vec![(cookie, setter)])
    }

    /// Keeps what an answer sets, and drops what it takes away.
    pub(super) fn keep(&mut self, hop: &Hop, now: DateTime<Utc>) {
        let Some(setter) = hop.origin() else { return };
        for text in hop.set_cookies() {
            let Some(cookie) = ReceivedCookie::parse(&text, hop.url.path(), now) else { continue };
            self.0.retain(|(kept, by)| {
                let is_same = kept.name == cookie.name && kept.domain == cookie.domain;
                !is_same || (kept.domain.is_none() && by.host() != setter.host())
            });
            if cookie.is_alive() && cookie.covers(&setter, &setter) {
                self.0.push((cookie, setter.clone()));
            }
        }
    }

    /// The value of `Cookie` for a request.
    pub(super) fn header(&self, url: &Url) -> Option<String> {
        let to = Origin::parse(&url.origin().ascii_serialization()).ok()?;
        let is_sent = |cookie: &ReceivedCookie, setter: &Origin| {
            cookie.covers(setter, &to) && cookie.covers_path(url.path())
        };
        let cookies = self.0.iter().filter(|(cookie, setter)| is_sent(cookie, setter));
        let pairs: Vec<_> = cookies.map(|(cookie, _)| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}
