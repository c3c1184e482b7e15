//! The one writer of `Set-Cookie` headers (RFC 6265bis, 4.1).

use std::fmt;

use crate::topology::{CookiePolicy, SameSite};

/// One of our cookies. All of them are `HttpOnly` and have `Path=/`.
///
/// Its `Display` is the value of the header. The caller must pass a name and a value without control
/// characters or semicolons. All callers pass constants, tokens or encoded text.
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie<'a> {
    /// The name, prefix included.
    pub name: &'a str,
    /// The value.
    pub value: &'a str,
    /// How long browsers keep the cookie, in seconds; 0 removes it.
    pub max_age_seconds: i64,
    /// The domain it is shared with; `None` for the host that sets it.
    pub domain: Option<&'a str>,
    /// Whether it is sent over https only.
    pub secure: bool,
    /// Whether other sites' pages may send it.
    pub same_site: SameSite,
    /// Whether browsers store it separately for each top-level site (CHIPS).
    pub partitioned: bool,
}

impl fmt::Debug for SetCookie<'_> {
    /// Omits the value, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetCookie")
            .field("name", &self.name)
            .field("max_age_seconds", &self.max_age_seconds)
            .field("domain", &self.domain)
            .field("secure", &self.secure)
            .field("same_site", &self.same_site)
            .field("partitioned", &self.partitioned)
            .finish_non_exhaustive()
    }
}

impl<'a> SetCookie<'a> {
    /// A cookie for the host that sets it. Requests from other sites carry it only if they are navigations
    /// (`SameSite=Lax`).
    pub fn for_host(name: &'a str, value: &'a str, max_age_seconds: i64, secure: bool) -> Self {
        Self {
            name,
            value,
            max_age_seconds,
            domain: None,
            secure,
            same_site: SameSite::Lax,
            partitioned: false,
        }
    }

    /// A cookie with the attributes of `policy`.
    pub fn with_policy(
        name: &'a str,
        value: &'a str,
        max_age_seconds: i64,
        policy: &'a CookiePolicy,
    ) -> Self {
        Self {
            name,
            value,
            max_age_seconds,
            domain: policy.domain.as_deref(),
            secure: policy.secure,
            same_site: policy.same_site,
            partitioned: policy.partitioned,
        }
    }
}

impl fmt::Display for SetCookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}; HttpOnly; SameSite={}", self.name, self.value, self.same_site)?;
        if self.secure {
            f.write_str("; Secure")?;
        }
        f.write_str("; Path=/")?;
        if let Some(domain) = self.domain {
            write!(f, "; Domain={domain}")?;
        }
        write!(f, "; Max-Age={}", self.max_age_seconds)?;
        if self.max_age_seconds <= 0 {
            f.write_str("; Expires=Thu, 01 Jan 1970 00:00:00 GMT")?;
        }
        if self.partitioned {
            f.write_str("; Partitioned")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_cookie_has_no_domain() {
        let cookie = SetCookie::for_host("__Host-a", "1", 60, true).to_string();
        assert_eq!(cookie, "__Host-a=1; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
    }

    #[test]
    fn a_removed_cookie_has_both_ways_of_saying_so() {
        let cookie = SetCookie::for_host("a", "", 0, false).to_string();
        let expected = "a=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(cookie, expected);
    }
}
