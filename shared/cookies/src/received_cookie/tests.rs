use super::*;

fn read(text: &str) -> ReceivedCookie {
    ReceivedCookie::parse(text, "/api/login", DateTime::UNIX_EPOCH + chrono::TimeDelta::days(1)).unwrap()
}

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

#[test]
fn attributes_are_read_as_browsers_do() {
    let cookie = read("sid = a=b ; PATH=/; Domain=.Example.com; secure; HttpOnly; SameSite=LAX; Partitioned");
    assert_eq!((cookie.name.as_str(), cookie.value.as_str()), ("sid", "a=b"));
    assert_eq!(cookie.domain.as_deref(), Some("example.com"));
    assert!(cookie.secure && cookie.http_only && cookie.partitioned && cookie.is_alive());
    assert_eq!(cookie.same_site, ReceivedSameSite::Lax);
    assert_eq!(read("a=b; SameSite=Sometimes").same_site, ReceivedSameSite::Missing);
    assert!(!read("a=b; Max-Age=0").is_alive());
    assert!(!read("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT").is_alive());
    assert!(!read("a=b; Expires=Thu, 01-Jan-1970 00:00:00 GMT").is_alive(), "as older servers write it");
    assert!(read("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT").is_alive());
    assert_eq!(ReceivedCookie::parse("nothing", "/", DateTime::UNIX_EPOCH), None);
}

#[test]
fn a_path_that_is_not_written_is_the_folder_of_the_login() {
    assert!(read("a=b").covers_path("/api/me") && !read("a=b").covers_path("/private"));
    assert!(!read("a=b; Path=/api").covers_path("/apiary"));
    assert!(read("a=b; Path=/").covers_path("/private"));
}

#[test]
fn a_domain_is_good_if_it_is_a_parent_of_ones_own() {
    let api = origin("https://api.example.com");
    assert_eq!(read("a=b").scope(&api), Scope::Host);
    assert_eq!(read("a=b; Domain=").scope(&api), Scope::Host);
    assert_eq!(read("a=b; Domain=example.com").scope(&api), Scope::Domain("example.com"));
    assert_eq!(read("a=b; Domain=com").scope(&api), Scope::PublicSuffix("com"));
    assert_eq!(read("a=b; Domain=ample.com").scope(&api), Scope::Stranger("ample.com"));
    let vercel = origin("https://a.vercel.app");
    assert_eq!(read("a=b; Domain=vercel.app").scope(&vercel), Scope::PublicSuffix("vercel.app"));
    assert_eq!(read("a=b; Domain=localhost").scope(&origin("http://localhost:3000")), Scope::Host);
    assert_eq!(read("a=b; Domain=127.0.0.1").scope(&origin("http://127.0.0.1")), Scope::Host);
}

#[test]
fn prefixes_are_promises() {
    for (text, kept) in [
        ("__Host-a=b; Secure; Path=/", true),
        ("__host-a=b; Path=/", false),
        ("__Host-a=b; Secure", false),
        ("__Host-a=b; Secure; Path=/; Domain=example.com", false),
        ("__Host-Http-a=b; Secure; Path=/", false),
        ("__Host-Http-a=b; Secure; Path=/; HttpOnly", true),
        ("__Secure-a=b; Domain=example.com; Secure", true),
        ("__Secure-a=b", false),
        ("a=b", true),
    ] {
        assert_eq!(read(text).broken_promise().is_none(), kept, "{text}");
    }
}
