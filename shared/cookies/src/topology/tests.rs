use proptest::{prelude::*, sample::select};

use super::*;

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

fn policy(
    frontend: &str,
    backend: Option<&str>,
    mode: CookieMode,
    name: Option<&str>,
) -> Result<CookiePolicy, TopologyError> {
    let (frontend, backend) = (origin(frontend), backend.map(origin));
    Topology { frontend: &frontend, backend: backend.as_ref(), mode, name }.policy()
}

fn refusal(frontend: &str, backend: &str, mode: CookieMode) -> String {
    policy(frontend, Some(backend), mode, None).unwrap_err().to_string()
}

#[test]
fn proxy_mode_works_on_any_two_domains() {
    for backend in
        [None, Some("https://api.other.dev"), Some("https://b.vercel.app"), Some("http://10.0.0.7:3000")]
    {
        let policy = policy("https://a.vercel.app", backend, CookieMode::Proxy, None).unwrap();
        assert_eq!(policy.name, "__Host-token", "{backend:?}");
        assert_eq!(policy.domain, None, "{backend:?}");
        assert!(policy.secure && policy.reaches_guard && !policy.partitioned, "{backend:?}: {policy:?}");
    }
    let named = policy("https://a.example", None, CookieMode::Proxy, Some("__Host-Http-sid")).unwrap();
    assert_eq!(named.name, "__Host-Http-sid");
}

#[test]
fn shared_mode_uses_the_longest_common_parent() {
    for (frontend, backend, domain) in [
        ("https://app.example.com", "https://api.example.com", "example.com"),
        ("https://example.com", "https://api.example.com", "example.com"),
        ("https://app.eu.example.com", "https://api.eu.example.com:8443", "eu.example.com"),
        ("https://app.example.co.uk", "https://api.example.co.uk", "example.co.uk"),
        ("https://app.bücher.example", "https://api.bücher.example", "xn--bcher-kva.example"),
        ("https://app.nas.lan", "https://api.nas.lan", "nas.lan"),
        ("https://app.house.home.arpa", "https://api.house.home.arpa", "house.home.arpa"),
        ("https://app.me.github.io", "https://api.me.github.io", "me.github.io"),
    ] {
        let policy = policy(frontend, Some(backend), CookieMode::Shared, None).unwrap();
        assert_eq!(policy.name, "__Secure-token", "{frontend} {backend}");
        assert_eq!(policy.domain.as_deref(), Some(domain), "{frontend} {backend}");
        assert_eq!(policy.same_site, SameSite::Lax, "{frontend} {backend}");
    }
    let one_host = policy("https://example.com", Some("https://example.com:8443"), CookieMode::Shared, None);
    assert_eq!(one_host.unwrap().domain, None, "ports do not matter to cookies");
}

#[test]
fn a_public_suffix_is_refused_with_a_fix() {
    for suffix in [
        "vercel.app",
        "onrender.com",
        "fly.dev",
        "netlify.app",
        "up.railway.app",
        "pages.dev",
        "workers.dev",
        "duckdns.org",
        "github.io",
        "home.arpa",
    ] {
        let (frontend, backend) = (format!("https://app.{suffix}"), format!("https://api.{suffix}"));
        let refusal = refusal(&frontend, &backend, CookieMode::Shared);
        assert!(refusal.contains(suffix) && refusal.contains("public suffix"), "{refusal}");
        assert!(refusal.contains("COOKIE_MODE=proxy"), "{refusal}");
    }
}

#[test]
fn a_topology_browsers_reject_names_its_setting() {
    use CookieMode::{Host, Proxy, Shared};
    for (frontend, backend, mode, setting) in [
        ("http://app.example.com", "https://api.example.com", Proxy, "FRONTEND_ORIGIN"),
        ("https://app.example.com", "http://api.example.com", Shared, "BACKEND_ORIGIN"),
        ("https://app.example.com", "http://api.other.dev", Host, "BACKEND_ORIGIN"),
        ("https://app.example.com.", "https://api.example.com", Proxy, "FRONTEND_ORIGIN"),
        ("https://app..example.com", "https://api.example.com", Proxy, "FRONTEND_ORIGIN"),
        ("https://*.example.com", "https://api.example.com", Proxy, "FRONTEND_ORIGIN"),
        ("https://app.example.com:0", "https://api.example.com", Proxy, "FRONTEND_ORIGIN"),
        ("https://app.example.com", "https://api.example.com.", Shared, "BACKEND_ORIGIN"),
        ("http://app.localhost", "https://app.localhost", Shared, "FRONTEND_ORIGIN"),
        ("https://app.example.com", "https://api.other.dev", Shared, "COOKIE_MODE=shared"),
        ("https://10.0.0.1", "https://10.0.0.2", Shared, "COOKIE_MODE=shared"),
        ("https://[::1]", "https://[::2]", Shared, "COOKIE_MODE=shared"),
        ("http://app.localhost", "http://api.localhost", Shared, "COOKIE_MODE=shared"),
        ("https://app.lan", "https://api.lan", Shared, "COOKIE_MODE=shared"),
        ("https://intranet", "https://api", Shared, "COOKIE_MODE=shared"),
    ] {
        let refusal = refusal(frontend, backend, mode);
        assert!(refusal.starts_with(setting), "{frontend} {backend} {mode}: {refusal}");
    }
    let unset = policy("https://a.example", None, Shared, None).unwrap_err();
    assert_eq!(unset.setting, "BACKEND_ORIGIN");
}

#[test]
fn a_name_must_satisfy_its_prefix() {
    let (app, api) = ("https://app.example.com", Some("https://api.example.com"));
    for (frontend, backend, mode, name) in [
        ("http://localhost", None, CookieMode::Proxy, "__Host-t"),
        ("http://localhost", None, CookieMode::Proxy, "__http-t"),
        (app, api, CookieMode::Shared, "__Host-t"),
        (app, api, CookieMode::Shared, "__Host-Http-t"),
        (app, None, CookieMode::Proxy, "a b"),
        (app, None, CookieMode::Proxy, "a=b"),
        (app, None, CookieMode::Proxy, ""),
    ] {
        let error = policy(frontend, backend, mode, Some(name)).unwrap_err();
        assert_eq!(error.setting, "COOKIE_NAME", "{name}");
    }
}

#[test]
fn host_mode_across_sites_needs_chips_and_warns() {
    let policy = policy("https://a.example", Some("https://b.example"), CookieMode::Host, None).unwrap();

    assert_eq!(policy.same_site, SameSite::None);
    assert!(policy.partitioned);
    assert!(policy.caution().unwrap().contains("proxy"));
}

#[test]
fn host_mode_on_one_site_warns_that_no_guard_sees_the_cookie() {
    let backend = Some("https://api.a.example");
    let policy = policy("https://app.a.example", backend, CookieMode::Host, None).unwrap();

    assert_eq!(policy.same_site, SameSite::Lax);
    assert!(!policy.partitioned);
    assert!(policy.caution().is_some());
}

#[test]
fn host_mode_on_one_host_needs_no_warning() {
    let backend = Some("http://localhost:2");
    let policy = policy("http://localhost:1", backend, CookieMode::Host, None).unwrap();

    assert_eq!(policy.caution(), None);
}

/// Returns true if a browser stores the cookie when `setter` sets it. Written from the text of RFC 6265bis, 5.7, and
/// independently of the policy.
fn stores(policy: &CookiePolicy, setter: &Origin) -> bool {
    let lower = policy.name.to_ascii_lowercase();
    let domain_matches = policy.domain.as_deref().is_none_or(|domain| {
        let is_suffix = psl::domain_str(domain).is_none();
        !is_suffix
            && setter.ip().is_none()
            && (setter.host() == domain || setter.host().ends_with(&format!(".{domain}")))
    });
    let prefix_holds = (!lower.starts_with("__secure-") || policy.secure)
        && (!lower.starts_with("__host-") || policy.secure && policy.domain.is_none());
    let secure_holds = !policy.secure || setter.is_https();
    let none_holds = policy.same_site != SameSite::None || policy.secure;
    domain_matches && prefix_holds && secure_holds && none_holds
}

/// Returns true if a browser sends the cookie to `to` with a navigation.
fn sends(policy: &CookiePolicy, setter: &Origin, to: &Origin) -> bool {
    let host_matches = match policy.domain.as_deref() {
        None => to.host() == setter.host(),
        Some(domain) => to.host() == domain || to.host().ends_with(&format!(".{domain}")),
    };
    host_matches && (!policy.secure || to.is_https())
}

fn hosts() -> impl Strategy<Value = String> {
    let labels = select(vec!["app", "api", "www", "a", "bücher", "xn--bcher-kva", "_x", ""]);
    let parents = select(vec![
        "example.com",
        "example.co.uk",
        "co.uk",
        "vercel.app",
        "me.github.io",
        "github.io",
        "localhost",
        "lan",
        "home.arpa",
        "house.home.arpa",
        "up.railway.app",
        "ck",
        "www.ck",
        "kobe.jp",
        "city.kobe.jp",
        "127.0.0.1",
        "[::1]",
        "10.0.0.1",
        "example.com.",
    ]);
    (labels, parents).prop_map(|(label, parent)| {
        let is_address = parent.starts_with('[') || parent.starts_with(|c: char| c.is_ascii_digit());
        if label.is_empty() || is_address { parent.to_owned() } else { format!("{label}.{parent}") }
    })
}

fn origins() -> impl Strategy<Value = Origin> {
    (select(vec!["http", "https"]), hosts(), select(vec!["", ":8443"]))
        .prop_filter_map("no origin", |(scheme, host, port)| {
            Origin::parse(&format!("{scheme}://{host}{port}")).ok()
        })
}

proptest! {
    #[test]
    fn browsers_store_and_send_what_a_policy_says(
        frontend in origins(),
        backend in proptest::option::of(origins()),
        mode in select(vec![CookieMode::Proxy, CookieMode::Shared, CookieMode::Host]),
        name in proptest::option::of(select(vec!["t", "__Host-t", "__Secure-t", "__Host-Http-t", "__HOST-t", "a b"])),
    ) {
        let topology = Topology { frontend: &frontend, backend: backend.as_ref(), mode, name };
        match topology.policy() {
            Ok(policy) => {
                let setter = match (mode, &backend) {
                    (CookieMode::Proxy, _) | (_, None) => &frontend,
                    (_, Some(backend)) => backend,
                };
                prop_assert!(stores(&policy, setter), "{policy:?} by {setter}");
                prop_assert_eq!(sends(&policy, setter, &frontend), policy.reaches_guard, "{:?}", policy);
                prop_assert!(sends(&policy, setter, setter));
                prop_assert!(policy.secure || setter.is_localhost());
            }
            Err(error) => {
                prop_assert!(!error.fix.is_empty());
                // Proxy mode works on any two domains, so only another fault may cause a refusal.
                let has_other_fault = frontend.host().ends_with('.')
                    || backend.as_ref().is_some_and(|backend| backend.host().ends_with('.'))
                    || name.is_some() || (!frontend.is_https() && !frontend.is_localhost());
                prop_assert!(mode != CookieMode::Proxy || has_other_fault, "{error}");
            }
        }
    }
}
