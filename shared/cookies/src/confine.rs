//! Rewrites the cookies of upstreams, the servers behind paths of the frontend's origin.

/// Rewrites an upstream's `Set-Cookie` value so that the cookie is only valid below `prefix` on this host.
///
/// `Domain` is dropped, `Path` is moved below `prefix`, and `Secure` is set if and only if `secure` is true.
/// All other attributes stay as they are.
///
/// Returns `None` if the value is malformed, or if an upstream must not set this cookie: its name is reserved, or has a
/// prefix whose requirements a confined cookie cannot meet. `__Host-` requires `Path=/`, and every prefix requires
/// `Secure`.
pub fn confine(
    set_cookie: &str,
    prefix: &str,
    secure: bool,
    is_reserved: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut parts = set_cookie.split(';');
    let pair = parts.next()?.trim();
    let name = pair.split_once('=')?.0.trim();
    if name.is_empty() || is_reserved(name) || breaks_promise(name, secure) {
        return None;
    }
    let mut path = "/";
    let mut confined = pair.to_owned();
    for attribute in parts.map(str::trim) {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        match key.trim().to_ascii_lowercase().as_str() {
            "domain" | "secure" => {}
            "path" => path = value.trim(),
            _ => confined.extend(["; ", attribute]),
        }
    }
    let path = if path.starts_with('/') { path.trim_end_matches('/') } else { "" };
    let is_below_prefix = path == prefix || path.starts_with(&format!("{prefix}/"));
    confined.extend(["; Path=", if is_below_prefix { "" } else { prefix }, path]);
    if secure {
        confined.push_str("; Secure");
    }
    Some(confined)
}

/// Returns true if the name's prefix (RFC 6265bis, 4.1.3) has a requirement that a confined cookie cannot
/// meet.
fn breaks_promise(name: &str, secure: bool) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("__host-") || (name.starts_with("__") && !secure)
}

#[cfg(test)]
mod tests {
    use super::confine;

    fn confine_to_prefix(set_cookie: &str, secure: bool) -> Option<String> {
        confine(set_cookie, "/backend", secure, |name| name == "token")
    }

    #[test]
    fn cookies_are_confined_to_the_prefix() {
        let cases = [
            ("no path", "a=b", "a=b; Path=/backend; Secure"),
            ("root path", "a=b; Path=/", "a=b; Path=/backend; Secure"),
            ("relative path", "a=b; Path=x", "a=b; Path=/backend; Secure"),
            ("upstream path", "a=b; Path=/v1/x", "a=b; Path=/backend/v1/x; Secure"),
            ("path below the prefix", "a=b; Path=/backend/x", "a=b; Path=/backend/x; Secure"),
            ("similar path", "a=b; Path=/backends", "a=b; Path=/backend/backends; Secure"),
            ("domain", "a=b; Domain=api.example.com", "a=b; Path=/backend; Secure"),
        ];

        for (case, set_cookie, expected) in cases {
            assert_eq!(confine_to_prefix(set_cookie, true).as_deref(), Some(expected), "{case}");
        }
    }

    #[test]
    fn other_attributes_stay() {
        let confined = confine_to_prefix("a=b; HttpOnly; Partitioned; Priority=High; Max-Age=5", true);

        let expected = "a=b; HttpOnly; Partitioned; Priority=High; Max-Age=5; Path=/backend; Secure";
        assert_eq!(confined.as_deref(), Some(expected));
    }

    #[test]
    fn secure_is_dropped_on_plain_http() {
        let confined = confine_to_prefix("a=b; Secure", false);

        assert_eq!(confined.as_deref(), Some("a=b; Path=/backend"), "browsers would reject it on localhost");
    }

    #[test]
    fn some_cookies_are_refused() {
        let cases = [
            ("reserved name", "token=evil", true),
            ("__Host- prefix", "__Host-x=1; Secure; Path=/", true),
            ("__Secure- prefix on plain http", "__Secure-x=1; Secure", false),
            ("empty", "", true),
            ("no name", "=value", true),
            ("no value", "novalue", true),
        ];

        for (case, set_cookie, secure) in cases {
            assert_eq!(confine_to_prefix(set_cookie, secure), None, "{case}");
        }
    }
}
