//! Origins on which browsers store and send a session cookie.

use drawbridge_cookies::topology::{CookieMode, Topology, is_public_suffix};
use drawbridge_core::origin::Origin;

/// Parses an origin on which browsers store a session cookie that the frontend sets for its own host, and which one person
/// can own.
///
/// # Errors
/// A reason that continues a sentence after the name of the field.
pub(crate) fn parse_browser_origin(text: &str) -> Result<Origin, String> {
    let origin = Origin::parse(text)?;
    check_topology(&origin)?;
    check_owner(&origin)?;
    Ok(origin)
}

/// Checks that other people have no hosts below the origin's host.
fn check_owner(origin: &Origin) -> Result<(), String> {
    if !is_public_suffix(origin) {
        return Ok(());
    }
    Err(format!(
        "has the host {}, which is a public suffix: hosts below it belong to other people, so no frontend can be there; use \
         the host of your own site",
        origin.host()
    ))
}

/// Checks that browsers store a session cookie that the frontend sets for its own host.
pub(super) fn check_topology(origin: &Origin) -> Result<(), String> {
    let topology = Topology { frontend: origin, backend: None, mode: CookieMode::Proxy, name: None };
    let refused = topology.policy().err();
    refused.map_or(Ok(()), |error| Err(format!("{}: {}; {}", error.fact, error.browsers, error.fix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_must_be_able_to_store_a_cookie() {
        for (case, text, reason) in [
            ("https", "https://shop.example.com", None),
            ("a host below a public suffix", "https://shop.vercel.app", None),
            ("localhost", "http://localhost:3000", None),
            ("a machine in a private network", "https://intranet", None),
            ("an IP address", "https://192.0.2.1", None),
            ("a top-level domain", "https://com", Some("com, which is a public suffix")),
            ("a suffix of two labels", "https://co.uk:8443", Some("co.uk, which is a public suffix")),
            ("a hosting platform", "https://VERCEL.app", Some("vercel.app, which is a public suffix")),
            ("plain http", "http://shop.example.com", Some("serve it over https")),
            ("a wildcard", "https://*.example.com", Some("no browser can open")),
            ("a trailing dot", "https://shop.example.com.", Some("remove the dot")),
            ("a path", "https://shop.example.com/login", Some("without a path")),
            ("no scheme", "shop.example.com", Some("not a URL")),
        ] {
            let error = parse_browser_origin(text).err();

            let is_expected = match reason {
                None => error.is_none(),
                Some(reason) => error.as_ref().is_some_and(|error| error.contains(reason)),
            };
            assert!(is_expected, "{case}: {error:?}");
        }
    }
}
