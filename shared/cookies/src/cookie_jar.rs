//! A cookie store for a client that follows redirects, such as the doctor.

use chrono::{DateTime, Utc};
use drawbridge_core::origin::Origin;

use crate::{origin_cookie::OriginCookie, received_cookie::ReceivedCookie};

/// The cookies of one visitor.
///
/// The jar stores every valid cookie, as the most permissive browser would. [`BrowserEngine`] models what real
/// browsers refuse.
///
/// [`BrowserEngine`]: crate::browser_engine::BrowserEngine
#[derive(Debug, Clone, Default)]
pub struct CookieJar(Vec<OriginCookie>);

impl CookieJar {
    /// A jar that contains one cookie.
    pub fn with(cookie: OriginCookie) -> Self {
        Self(vec![cookie])
    }

    /// Applies one `Set-Cookie` header of a response to a request for `request_path`: stores, replaces or removes
    /// the cookie.
    pub fn apply(&mut self, set_cookie: &str, setter: &Origin, request_path: &str, now: DateTime<Utc>) {
        let Some(cookie) = ReceivedCookie::parse(set_cookie, request_path, now) else { return };
        let received = OriginCookie { cookie, setter: setter.clone() };
        self.0.retain(|stored| !stored.is_replaced_by(&received));
        if received.cookie.is_alive() && received.cookie.covers(setter, setter) {
            self.0.push(received);
        }
    }

    /// The value of the `Cookie` header for a request, or `None` if no cookie applies.
    pub fn header(&self, origin: &Origin, path: &str) -> Option<String> {
        let applicable = self.0.iter().filter(|stored| stored.applies_to(origin, path));
        let pairs: Vec<_> = applicable
            .map(|OriginCookie { cookie, .. }| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    fn jar(set_cookies: &[&str], setter: &str) -> CookieJar {
        let mut jar = CookieJar::default();
        for set_cookie in set_cookies {
            jar.apply(set_cookie, &origin(setter), "/login", DateTime::UNIX_EPOCH);
        }
        jar
    }

    #[test]
    fn a_cookie_is_sent_to_its_domain_and_path_only() {
        let jar = jar(&["a=1; Path=/", "b=2; Path=/private; Domain=example.com"], "https://app.example.com");

        for (case, url, path, expected) in [
            ("the setter, outside the path of b", "https://app.example.com", "/", Some("a=1")),
            ("the setter, inside the path of b", "https://app.example.com", "/private", Some("a=1; b=2")),
            ("another host of the domain", "https://api.example.com", "/private", Some("b=2")),
            ("another domain", "https://example.org", "/private", None),
        ] {
            assert_eq!(jar.header(&origin(url), path).as_deref(), expected, "{case}");
        }
    }

    #[test]
    fn a_cookie_is_replaced_and_removed_by_its_name() {
        let setter = "https://example.com";

        let replaced = jar(&["a=1; Path=/", "a=2; Path=/"], setter);
        let removed = jar(&["a=1; Path=/", "a=; Path=/; Max-Age=0"], setter);

        assert_eq!(replaced.header(&origin(setter), "/").as_deref(), Some("a=2"));
        assert_eq!(removed.header(&origin(setter), "/"), None);
    }
}
