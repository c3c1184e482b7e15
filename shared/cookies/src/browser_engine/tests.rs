use chrono::DateTime;

use super::*;

/// For each engine: whether it stores the cookie of a login at `setter` (S), sends it with a page's `fetch` to the
/// backend (F), and sends it to the guard (G).
fn outcomes(set_cookie: &str, frontend: &str, backend: &str, setter: &str) -> [String; 4] {
    let [frontend, backend, setter] = [frontend, backend, setter].map(|text| Origin::parse(text).unwrap());
    let cookie = ReceivedCookie::parse(set_cookie, "/api/login", DateTime::UNIX_EPOCH).unwrap();
    let received = OriginCookie { cookie, setter };
    BrowserEngine::ALL.map(|engine| {
        let mut outcome = String::new();
        if engine.stores(&received, &frontend) {
            outcome.push('S');
        }
        if engine.sends(&received, &frontend, &backend, "/api/me") {
            outcome.push('F');
        }
        if engine.sends(&received, &frontend, &frontend, "/private") {
            outcome.push('G');
        }
        outcome
    })
}

#[test]
fn the_model_agrees_with_the_measurements() {
    const ONE: &str = "https://example.com";
    const APP: &str = "https://app.example.com";
    const API: &str = "https://api.example.com";
    const OTHER: &str = "https://other.dev";
    const V1: &str = "https://a.vercel.app";
    const V2: &str = "https://b.vercel.app";
    for (set_cookie, frontend, backend, setter, expected) in [
        ("s=1; Path=/; Secure; SameSite=Strict", ONE, ONE, ONE, ["SFG", "SFG", "SFG", "SFG"]),
        ("s=1; Path=/; SameSite=None", ONE, ONE, ONE, ["", "", "", "SFG"]),
        ("s=1; Path=/; Secure; SameSite=Lax", APP, API, API, ["SF", "SF", "SF", "SF"]),
        ("s=1; Path=/; Secure; SameSite=Lax; Domain=example.com", APP, API, API, ["SFG"; 4]),
        ("__Host-s=1; Path=/; Secure; SameSite=Lax; Partitioned", APP, API, API, ["SF"; 4]),
        ("__Host-s=1; Path=/; Secure; SameSite=Lax", APP, API, APP, ["SG"; 4]),
        ("s=1; Path=/; Secure; SameSite=None", APP, OTHER, OTHER, ["", "SF", "SF", ""]),
        ("s=1; Path=/; Secure; SameSite=Lax", APP, OTHER, OTHER, [""; 4]),
        ("s=1; Path=/; Secure", APP, OTHER, OTHER, ["", "", "SF", ""]),
        ("s=1; Path=/; Secure; SameSite=None; Partitioned", APP, OTHER, OTHER, ["SF", "SF", "SF", ""]),
        ("s=1; Path=/; Secure; SameSite=None; Domain=example.com", APP, OTHER, OTHER, [""; 4]),
        ("s=1; Path=/; Secure; SameSite=Lax; Domain=vercel.app", V1, V2, V2, [""; 4]),
        ("__Host-s=1; Path=/; Secure; SameSite=Lax", V1, V2, V1, ["SG"; 4]),
        ("s=1; Path=/; Secure; SameSite=Lax; Domain=b.vercel.app", V1, V2, V1, [""; 4]),
        (
            "__Host-s=1; Path=/; Secure; SameSite=Lax; Domain=app.example.com",
            APP,
            OTHER,
            APP,
            ["", "", "", "SG"],
        ),
    ] {
        assert_eq!(outcomes(set_cookie, frontend, backend, setter), expected, "{set_cookie} set by {setter}");
    }
}

#[test]
fn only_webkit_drops_secure_cookies_on_http_localhost() {
    for host in ["http://localhost:3000", "http://127.0.0.1:3000", "http://app.localhost:3000"] {
        let secure = outcomes("__Host-s=1; Path=/; Secure; SameSite=Lax", host, host, host);
        let plain = outcomes("s=1; Path=/; SameSite=Lax", host, host, host);

        assert_eq!(secure, ["SFG", "SFG", "SFG", ""], "{host}");
        assert_eq!(plain, ["SFG"; 4], "{host}");
    }
}

#[test]
fn every_engine_drops_secure_cookies_over_plain_http() {
    let remote = "http://example.com";

    let secure = outcomes("s=1; Path=/; Secure; SameSite=Lax", remote, remote, remote);

    assert_eq!(secure, [""; 4]);
}

#[test]
fn a_cookie_without_a_path_misses_a_guard_elsewhere() {
    let host = "https://example.com";

    let without_path = outcomes("s=1; Secure; SameSite=Lax", host, host, host);

    assert_eq!(without_path, ["SF"; 4]);
}
