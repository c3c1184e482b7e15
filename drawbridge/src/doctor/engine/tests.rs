use chrono::DateTime;

use super::*;

/// For each engine whether the cookie of a login at `setter` is stored (S), brought to the backend by a
/// page's `fetch` (F) and seen by the guard (G).
fn cells(text: &str, frontend: &str, backend: &str, setter: &str) -> [String; 4] {
    let [frontend, backend, setter] = [frontend, backend, setter].map(|text| Origin::parse(text).unwrap());
    let cookie = ReceivedCookie::parse(text, "/api/login", DateTime::UNIX_EPOCH).unwrap();
    Engine::ALL.map(|engine| {
        let mut seen = String::new();
        if engine.keeps(&cookie, &setter, &frontend) {
            seen.push('S');
        }
        if engine.sends(&cookie, &setter, &frontend, &backend, "/api/me") {
            seen.push('F');
        }
        if engine.sends(&cookie, &setter, &frontend, &frontend, "/private") {
            seen.push('G');
        }
        seen
    })
}

/// The measured matrix, row by row.
#[test]
fn the_model_says_what_was_measured() {
    const ONE: &str = "https://example.com";
    const APP: &str = "https://app.example.com";
    const API: &str = "https://api.example.com";
    const OTHER: &str = "https://other.dev";
    const V1: &str = "https://a.vercel.app";
    const V2: &str = "https://b.vercel.app";
    for (text, frontend, backend, setter, wanted) in [
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
        assert_eq!(cells(text, frontend, backend, setter), wanted, "{text} set by {setter}");
    }
}

#[test]
fn plain_http_on_this_machine_is_trusted_by_all_but_webkit() {
    for host in ["http://localhost:3000", "http://127.0.0.1:3000", "http://app.localhost:3000"] {
        let secure = cells("__Host-s=1; Path=/; Secure; SameSite=Lax", host, host, host);
        assert_eq!(secure, ["SFG", "SFG", "SFG", ""], "{host}");
        assert_eq!(cells("s=1; Path=/; SameSite=Lax", host, host, host), ["SFG"; 4], "{host}");
    }
    let far = "http://example.com";
    assert_eq!(cells("s=1; Path=/; Secure; SameSite=Lax", far, far, far), [""; 4]);
}

#[test]
fn what_no_guard_on_another_path_sees() {
    let host = "https://example.com";
    assert_eq!(cells("s=1; Secure; SameSite=Lax", host, host, host), ["SF"; 4]);
}
