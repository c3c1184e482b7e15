//! `drawbridge doctor` against deployments with one fault each, and against good ones.

mod fake;

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;
use tests::{Edge, PASSWORD, program};

use fake::{Fault, fake, way_in};

/// What the doctor said.
struct Said {
    status: Option<i32>,
    report: Value,
}

impl Said {
    fn codes(&self, severity: &str) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap().iter();
        let mut codes: Vec<_> = findings
            .filter(|finding| finding["severity"] == severity)
            .map(|finding| finding["code"].as_str().unwrap())
            .collect();
        codes.dedup();
        codes
    }

    /// Stored, seen by the guard, sent to the backend: a letter each, for the four engines.
    fn table(&self) -> Vec<String> {
        let rows = self.report["engines"].as_array().unwrap().iter();
        let cells = |row: &Value| -> String {
            let cells = [("stored", 'S'), ("guard", 'G'), ("backend", 'B')].into_iter();
            cells.filter(|(column, _)| row[*column] == true).map(|(_, letter)| letter).collect()
        };
        rows.map(cells).collect()
    }
}

fn doctor(arguments: &[&str]) -> Said {
    let mut command = Command::new(program("drawbridge"));
    command.args(["doctor", "--json", "--login", "ada@example.com"]).args(arguments);
    command.env_remove("DOCTOR_PASSWORD").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let report = serde_json::from_str(&text)
        .map_err(|error| format!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)))
        .unwrap();
    Said { status: output.status.code(), report }
}

/// Over plain http on this machine.
fn plain(mode: &str, fault: Fault) -> Said {
    let (frontend, backend) = (fake(fault), fake(fault));
    let host = if mode == "proxy" { "127.0.0.1" } else { "localhost" };
    let frontend = format!("http://localhost:{frontend}");
    let backend = format!("http://{host}:{backend}");
    doctor(&["--mode", mode, "--frontend", &frontend, "--backend", &backend])
}

/// Over TLS, under these names.
fn encrypted(mode: &str, frontend: &str, backend: &str, fault: Fault) -> Said {
    let (edge, port) = (Edge::start(), fake(fault));
    edge.route(frontend, port);
    edge.route(backend, port);
    let proxy = format!("http://127.0.0.1:{}", way_in(&edge.proxy(), port));
    let folder = tempfile::TempDir::new().unwrap();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, edge.authority()).unwrap();
    let (frontend, backend) = (format!("https://{frontend}"), format!("https://{backend}"));
    let mut arguments =
        vec!["--mode", mode, "--frontend", &frontend, "--backend", &backend, "--proxy", &proxy];
    if fault != Fault::UnknownAuthority {
        arguments.extend(["--ca", authority.to_str().unwrap()]);
    }
    doctor(&arguments)
}

fn assert_names(said: &Said, code: &str, fault: Fault) {
    assert_eq!(said.codes("error"), [code], "{fault:?}: {:#}", said.report);
    assert_eq!(said.report["first"]["code"], code, "{fault:?}");
    assert_eq!((said.status, &said.report["ok"]), (Some(1), &Value::Bool(false)), "{fault:?}");
}

#[test]
fn each_fault_is_named_and_nothing_else() {
    for (mode, fault, code) in [
        ("proxy", Fault::NoCookie, "no_set_cookie"),
        ("shared", Fault::NoCookie, "no_set_cookie"),
        ("proxy", Fault::Cookie("sid=good; Path=/; HttpOnly; SameSite=None"), "secure_missing"),
        (
            "proxy",
            Fault::Cookie("sid=good; Path=/; HttpOnly; SameSite=Lax; Domain=vercel.app"),
            "domain_public_suffix",
        ),
        (
            "proxy",
            Fault::Cookie("sid=good; Path=/; HttpOnly; SameSite=Lax; Domain=example.com"),
            "domain_not_parent",
        ),
        ("proxy", Fault::Cookie("__Host-sid=good; Path=/; HttpOnly; SameSite=Lax"), "prefix_broken"),
        (
            "proxy",
            Fault::Cookie("__Host-sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=localhost"),
            "prefix_broken",
        ),
        ("proxy", Fault::Cookie("sid=good; Path=/; HttpOnly; SameSite=Strict"), "same_site_strict"),
        ("proxy", Fault::Cookie("sid=good; HttpOnly; SameSite=Lax"), "path_misses_guard"),
        ("proxy", Fault::Cookie("sid=good; Path=/; SameSite=Lax"), "http_only_missing"),
        ("shared", Fault::CorsWildcard, "cors_wildcard"),
        ("shared", Fault::CorsNoCredentials, "cors_credentials"),
        ("shared", Fault::CorsOtherOrigin, "cors_origin"),
        ("proxy", Fault::ClockSkew, "clock_skew"),
        ("proxy", Fault::Cacheable, "cacheable_set_cookie"),
        ("proxy", Fault::FromCache, "cacheable_set_cookie"),
        ("proxy", Fault::FreshForAll, "cacheable_set_cookie"),
        ("proxy", Fault::OpenDoor, "private_open"),
        ("proxy", Fault::Loop, "redirect_loop"),
        ("proxy", Fault::GuardRefuses, "guard_refuses"),
        ("proxy", Fault::LoginBelowThePage, "guard_refuses"),
        ("proxy", Fault::NoPage, "private_missing"),
        ("proxy", Fault::LoginRefused, "login_refused"),
        ("proxy", Fault::LoginFails, "login_failed"),
        ("proxy", Fault::Oversized, "oversized_cookies"),
        ("proxy", Fault::TwoCookies, "duplicate_cookie"),
    ] {
        assert_names(&plain(mode, fault), code, fault);
    }
}

#[test]
fn a_cookie_that_is_lost_between_backend_and_frontend_is_missed() {
    let (frontend, backend) = (fake(Fault::NoCookie), fake(Fault::None));
    let (frontend, backend) = (format!("http://localhost:{frontend}"), format!("http://127.0.0.1:{backend}"));
    let said = doctor(&["--mode", "proxy", "--frontend", &frontend, "--backend", &backend]);
    assert_names(&said, "set_cookie_dropped", Fault::NoCookie);
}

#[test]
fn faults_that_need_tls_are_named() {
    let (app, api, other) = ("app.example.com", "api.example.com", "api.other.dev");
    for (mode, frontend, backend, fault, code) in [
        (
            "shared",
            app,
            api,
            Fault::Cookie("__Host-sid=good; Path=/; Secure; HttpOnly; SameSite=Lax"),
            "misses_guard",
        ),
        ("proxy", app, other, Fault::Cookie("sid=good; Path=/; HttpOnly; SameSite=None"), "secure_missing"),
        (
            "host",
            app,
            other,
            Fault::Cookie("sid=good; Path=/; Secure; HttpOnly; SameSite=Lax"),
            "same_site_cross_site",
        ),
        (
            "shared",
            app,
            api,
            Fault::Cookie("sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=com"),
            "domain_public_suffix",
        ),
        (
            "proxy",
            app,
            other,
            Fault::Cookie("sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=api.other.dev"),
            "domain_not_parent",
        ),
        ("proxy", app, other, Fault::PlainHttp, "http_not_redirected"),
        ("proxy", app, other, Fault::UnknownAuthority, "certificate_untrusted"),
    ] {
        assert_names(&encrypted(mode, frontend, backend, fault), code, fault);
    }
}

#[test]
fn hosts_under_a_public_suffix_are_told_before_anything_is_asked() {
    let cookie = "sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=vercel.app";
    let said = encrypted("shared", "a.vercel.app", "b.vercel.app", Fault::Cookie(cookie));
    assert_eq!(said.report["first"]["code"], "topology");
    assert!(said.codes("error").contains(&"domain_public_suffix"), "{:#}", said.report);
    assert_eq!(said.table(), ["", "", "", ""]);
}

#[test]
fn good_set_ups_raise_no_alarm() {
    const SHARED: Fault =
        Fault::Cookie("__Secure-sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=example.com");
    const PROXY: Fault = Fault::Cookie("__Host-sid=good; Path=/; Secure; HttpOnly; SameSite=Lax");
    const HOST: Fault =
        Fault::Cookie("__Host-sid=good; Path=/; Secure; HttpOnly; SameSite=None; Partitioned");
    let (app, api, other) = ("app.example.com", "api.example.com", "api.other.dev");
    for (said, table) in [
        (plain("proxy", Fault::None), ["SG"; 4]),
        (plain("shared", Fault::None), ["SGB"; 4]),
        (plain("host", Fault::None), ["SGB"; 4]),
        (encrypted("shared", app, api, SHARED), ["SGB"; 4]),
        (encrypted("proxy", app, other, PROXY), ["SG"; 4]),
        (encrypted("proxy", "a.vercel.app", "b.vercel.app", PROXY), ["SG"; 4]),
        (encrypted("host", app, other, HOST), ["SB", "SB", "SB", ""]),
    ] {
        assert_eq!(said.codes("error"), [""; 0], "{:#}", said.report);
        assert_eq!(said.codes("warning"), [""; 0], "{:#}", said.report);
        assert_eq!((said.status, &said.report["ok"]), (Some(0), &Value::Bool(true)));
        assert_eq!(said.report["first"], Value::Null);
        assert_eq!(said.table(), table, "{:#}", said.report);
    }
}
