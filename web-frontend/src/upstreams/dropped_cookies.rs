//! Reports cookies of upstreams that browsers never receive.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use drawbridge_cookies::UnusableCookie;

/// How many cookies are reported. An upstream that makes up names must not fill the log.
const REPORTS_MAX: usize = 100;

/// The cookies that have been reported since the start. Most upstreams send the same cookie with many responses.
#[derive(Debug, Default)]
pub(crate) struct DroppedCookies(Mutex<BTreeSet<String>>);

impl DroppedCookies {
    /// Logs that a cookie of the upstream at `prefix` is dropped, unless this has been logged before.
    pub(crate) fn report(&self, prefix: &str, set_cookie: &[u8], reason: UnusableCookie) {
        let name = set_cookie.split(|byte| matches!(byte, b'=' | b';')).next().unwrap_or_default();
        let name: String = String::from_utf8_lossy(name).trim().chars().take(64).collect();
        if self.add(format!("{prefix} {name}")) {
            tracing::warn!(prefix, name, %reason, "a cookie of an upstream is dropped");
        }
    }

    /// Returns true if the cookie is to be reported.
    fn add(&self, cookie: String) -> bool {
        let mut reported = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reported.len() < REPORTS_MAX && reported.insert(cookie)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cookie_is_reported_once() {
        let dropped = DroppedCookies::default();

        let reports = ["/a x", "/a x", "/b x"].map(|cookie| dropped.add(cookie.to_owned()));

        assert_eq!(reports, [true, false, true]);
    }

    #[test]
    fn the_number_of_reports_is_limited() {
        let dropped = DroppedCookies::default();

        let reports = (0..2 * REPORTS_MAX).filter(|number| dropped.add(number.to_string())).count();

        assert_eq!(reports, REPORTS_MAX);
    }
}
