//! `drawbridge doctor` against deployments with one fault each, and against deployments without a fault.

mod fake;

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;
use tests::{Edge, PASSWORD, program};

use fake::{Fault, start_fake, start_proxy};

const APP: &str = "app.example.com";
const API: &str = "api.example.com";
const OTHER: &str = "api.other.dev";

/// The exit status and the report of the doctor.
struct Diagnosis {
    status: Option<i32>,
    report: Value,
}

impl Diagnosis {
    fn codes(&self, severity: &str) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap().iter();
        let mut codes: Vec<_> = findings
            .filter(|finding| finding["severity"] == severity)
            .map(|finding| finding["code"].as_str().unwrap())
            .collect();
        codes.dedup();
        codes
    }

    /// What each engine does with the cookie: S if it is stored, G if the guard sees it, B if the backend gets it.
    fn table(&self) -> Vec<String> {
        let rows = self.report["engines"].as_array().unwrap().iter();
        let cells = |row: &Value| -> String {
            let cells = [("stored", 'S'), ("guard", 'G'), ("backend", 'B')].into_iter();
            cells.filter(|(column, _)| row[*column] == true).map(|(_, letter)| letter).collect()
        };
        rows.map(cells).collect()
    }

    /// Fails unless this is the only error.
    #[track_caller]
    fn assert_only(&self, code: &str, case: &str) {
        assert_eq!(self.codes("error"), [code], "{case}: {:#}", self.report);
        assert_eq!(self.report["first"]["code"], code, "{case}");
        assert_eq!(self.status, Some(1), "{case}");
        assert_eq!(self.report["ok"], false, "{case}");
    }

    #[track_caller]
    fn assert_healthy(&self, case: &str) {
        assert_eq!(self.codes("error"), [""; 0], "{case}: {:#}", self.report);
        assert_eq!(self.codes("warning"), [""; 0], "{case}: {:#}", self.report);
        assert_eq!(self.status, Some(0), "{case}");
        assert_eq!(self.report["ok"], true, "{case}");
        assert_eq!(self.report["first"], Value::Null, "{case}");
    }
}

fn doctor(arguments: &[&str]) -> Diagnosis {
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
    Diagnosis { status: output.status.code(), report }
}

/// Examines a deployment on this machine over plain HTTP.
fn plain(mode: &str, fault: Fault) -> Diagnosis {
    let host = if mode == "proxy" { "127.0.0.1" } else { "localhost" };
    let frontend = format!("http://localhost:{}", start_fake(fault));
    let backend = format!("http://{host}:{}", start_fake(fault));
    doctor(&["--mode", mode, "--frontend", &frontend, "--backend", &backend])
}

/// Examines a deployment with these host names over TLS.
fn encrypted(mode: &str, frontend: &str, backend: &str, fault: Fault) -> Diagnosis {
    let edge = Edge::start();
    let port = start_fake(fault);
    edge.route(frontend, port);
    edge.route(backend, port);
    let proxy = format!("http://127.0.0.1:{}", start_proxy(&edge.proxy(), port));
    let folder = tempfile::TempDir::new().unwrap();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, edge.authority()).unwrap();
    let frontend = format!("https://{frontend}");
    let backend = format!("https://{backend}");
    let mut arguments =
        vec!["--mode", mode, "--frontend", &frontend, "--backend", &backend, "--proxy", &proxy];
    if fault != Fault::UnknownAuthority {
        arguments.extend(["--ca", authority.to_str().unwrap()]);
    }
    doctor(&arguments)
}

#[test]
fn each_fault_of_the_cookie_is_named() {
    for (case, attributes, code) in [
        ("SameSite=None without Secure", "sid=good; Path=/; HttpOnly; SameSite=None", "secure_missing"),
        (
            "Domain is a public suffix",
            "sid=good; Path=/; HttpOnly; SameSite=Lax; Domain=vercel.app",
            "domain_public_suffix",
        ),
        (
            "Domain of another site",
            "sid=good; Path=/; HttpOnly; SameSite=Lax; Domain=example.com",
            "domain_not_parent",
        ),
        ("__Host- without Secure", "__Host-sid=good; Path=/; HttpOnly; SameSite=Lax", "prefix_broken"),
        (
            "__Host- with Domain",
            "__Host-sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=localhost",
            "prefix_broken",
        ),
        ("SameSite=Strict", "sid=good; Path=/; HttpOnly; SameSite=Strict", "same_site_strict"),
        ("no Path", "sid=good; HttpOnly; SameSite=Lax", "path_misses_guard"),
        ("no HttpOnly", "sid=good; Path=/; SameSite=Lax", "http_only_missing"),
    ] {
        plain("proxy", Fault::Cookie(attributes)).assert_only(code, case);
    }
}

#[test]
fn each_fault_of_the_deployment_is_named() {
    for (mode, fault, code) in [
        ("proxy", Fault::NoCookie, "no_set_cookie"),
        ("shared", Fault::NoCookie, "no_set_cookie"),
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
        plain(mode, fault).assert_only(code, &format!("{fault:?} in mode {mode}"));
    }
}

#[test]
fn a_cookie_that_the_frontend_does_not_pass_on_is_named() {
    let frontend = format!("http://localhost:{}", start_fake(Fault::NoCookie));
    let backend = format!("http://127.0.0.1:{}", start_fake(Fault::None));

    let diagnosis = doctor(&["--mode", "proxy", "--frontend", &frontend, "--backend", &backend]);

    diagnosis.assert_only("set_cookie_dropped", "dropped by the frontend");
}

#[test]
fn a_session_that_siblings_receive_is_noted_and_is_no_fault() {
    let cookie = "__Secure-sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=example.com";

    let shared = encrypted("shared", APP, API, Fault::Cookie(cookie));

    shared.assert_healthy("shared");
    assert!(shared.codes("note").contains(&"session_shared_with_siblings"), "{:#}", shared.report);
    let plain = plain("proxy", Fault::None);
    assert!(!plain.codes("note").contains(&"session_shared_with_siblings"), "{:#}", plain.report);
}

#[test]
fn a_required_second_factor_is_noted_and_is_no_fault() {
    for mode in ["proxy", "shared"] {
        let diagnosis = plain(mode, Fault::SecondFactor);

        diagnosis.assert_healthy(mode);
        assert!(
            diagnosis.codes("note").contains(&"second_factor_required"),
            "{mode}: {:#}",
            diagnosis.report
        );
        assert_eq!(diagnosis.report["cookie"], "planned", "{mode}");
    }
}

#[test]
fn each_fault_that_needs_tls_is_named() {
    let cookie = Fault::Cookie;
    for (mode, backend, fault, code) in [
        ("shared", API, cookie("__Host-sid=good; Path=/; Secure; HttpOnly; SameSite=Lax"), "misses_guard"),
        ("proxy", OTHER, cookie("sid=good; Path=/; HttpOnly; SameSite=None"), "secure_missing"),
        ("host", OTHER, cookie("sid=good; Path=/; Secure; HttpOnly; SameSite=Lax"), "same_site_cross_site"),
        (
            "shared",
            API,
            cookie("sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=com"),
            "domain_public_suffix",
        ),
        (
            "proxy",
            OTHER,
            cookie("sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=api.other.dev"),
            "domain_not_parent",
        ),
        ("proxy", OTHER, Fault::PlainHttp, "http_not_redirected"),
        ("proxy", OTHER, Fault::UnknownAuthority, "certificate_untrusted"),
    ] {
        encrypted(mode, APP, backend, fault).assert_only(code, &format!("{fault:?} in mode {mode}"));
    }
}

#[test]
fn hosts_under_a_public_suffix_are_named_before_any_request() {
    let cookie = "sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=vercel.app";

    let diagnosis = encrypted("shared", "a.vercel.app", "b.vercel.app", Fault::Cookie(cookie));

    assert_eq!(diagnosis.report["first"]["code"], "topology");
    assert!(diagnosis.codes("error").contains(&"domain_public_suffix"), "{:#}", diagnosis.report);
    assert_eq!(diagnosis.table(), ["", "", "", ""]);
}

#[test]
fn a_deployment_without_faults_gets_no_warning() {
    const SHARED: Fault =
        Fault::Cookie("__Secure-sid=good; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=example.com");
    const PROXY: Fault = Fault::Cookie("__Host-sid=good; Path=/; Secure; HttpOnly; SameSite=Lax");
    const HOST: Fault =
        Fault::Cookie("__Host-sid=good; Path=/; Secure; HttpOnly; SameSite=None; Partitioned");

    for (case, diagnosis, table) in [
        ("proxy, plain", plain("proxy", Fault::None), ["SG"; 4]),
        ("shared, plain", plain("shared", Fault::None), ["SGB"; 4]),
        ("host, plain", plain("host", Fault::None), ["SGB"; 4]),
        ("shared", encrypted("shared", APP, API, SHARED), ["SGB"; 4]),
        ("proxy", encrypted("proxy", APP, OTHER, PROXY), ["SG"; 4]),
        ("proxy under a public suffix", encrypted("proxy", "a.vercel.app", "b.vercel.app", PROXY), ["SG"; 4]),
        ("host", encrypted("host", APP, OTHER, HOST), ["SB", "SB", "SB", ""]),
    ] {
        diagnosis.assert_healthy(case);
        assert_eq!(diagnosis.table(), table, "{case}: {:#}", diagnosis.report);
    }
}
