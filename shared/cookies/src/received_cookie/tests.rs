use super::*;

fn read(text: &str) -> ReceivedCookie {
    ReceivedCookie::parse(text, "/api/login", DateTime::UNIX_EPOCH + chrono::TimeDelta::days(1)).unwrap()
}

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

#[test]
fn attributes_are_read_like_browsers_do() {
    let cookie = read("sid = a=b ; PATH=/; Domain=.Example.com; secure; HttpOnly; SameSite=LAX; Partitioned");

    assert_eq!(cookie.name, "sid");
    assert_eq!(cookie.value, "a=b");
    assert_eq!(cookie.domain.as_deref(), Some("example.com"));
    assert!(cookie.secure && cookie.http_only && cookie.partitioned && cookie.is_alive());
    assert_eq!(cookie.same_site, ReceivedSameSite::Lax);
    assert_eq!(read("a=b; SameSite=Sometimes").same_site, ReceivedSameSite::Missing);
}

#[test]
fn max_age_decides_before_expires() {
    for (text, is_alive) in [
        ("a=b", true),
        ("a=b; Max-Age=0", false),
        ("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false),
        ("a=b; Expires=Thu, 01-Jan-1970 00:00:00 GMT", false),
        ("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", true),
    ] {
        assert_eq!(read(text).is_alive(), is_alive, "{text}");
    }
}

#[test]
fn a_header_without_a_name_is_ignored() {
    assert_eq!(ReceivedCookie::parse("nothing", "/", DateTime::UNIX_EPOCH), None);
}

#[test]
fn the_default_path_is_the_folder_of_the_request() {
    assert!(read("a=b").covers_path("/api/me"));
    assert!(!read("a=b").covers_path("/private"));
    assert!(!read("a=b; Path=/api").covers_path("/apiary"));
    assert!(read("a=b; Path=/").covers_path("/private"));
}

#[test]
fn a_domain_must_be_a_parent_of_the_setter() {
    for (setter, text, scope) in [
        ("https://api.example.com", "a=b", Scope::Host),
        ("https://api.example.com", "a=b; Domain=", Scope::Host),
        ("https://api.example.com", "a=b; Domain=example.com", Scope::Domain("example.com")),
        ("https://api.example.com", "a=b; Domain=com", Scope::PublicSuffix("com")),
        ("https://api.example.com", "a=b; Domain=ample.com", Scope::ForeignDomain("ample.com")),
        ("https://a.vercel.app", "a=b; Domain=vercel.app", Scope::PublicSuffix("vercel.app")),
        ("http://localhost:3000", "a=b; Domain=localhost", Scope::Host),
        ("http://127.0.0.1", "a=b; Domain=127.0.0.1", Scope::Host),
    ] {
        assert_eq!(read(text).scope(&origin(setter)), scope, "{setter} {text}");
    }
}

#[test]
fn prefixes_have_requirements() {
    for (text, is_valid) in [
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
        assert_eq!(read(text).prefix_violation().is_none(), is_valid, "{text}");
    }
}
