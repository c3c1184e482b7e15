//! Checks a running deployment with real requests.

mod cors;
mod guard;
mod login;
mod reach;
mod traffic;

use drawbridge_cookies::{
    browser_engine::BrowserEngine, cookie_jar::CookieJar, origin_cookie::OriginCookie,
    received_cookie::ReceivedCookie, topology::CookiePolicy,
};
use drawbridge_core::clock::Clock;

use super::{
    finding::{Finding, Findings},
    setup::DoctorSetup,
    web::WebClient,
};

pub(super) use self::login::LoginCredentials;
use self::login::LoginResult;

/// The session cookie that the report is about.
pub(super) enum ExaminedCookie {
    /// The cookie that the login set.
    Seen(OriginCookie),
    /// The cookie that Drawbridge would set; no login was completed.
    Planned(OriginCookie),
    /// The login set none, or the settings allow none.
    Missing,
}

/// The result of all checks.
pub(super) struct Examination {
    pub(super) findings: Findings,
    pub(super) cookie: ExaminedCookie,
}

/// Runs every check whose preconditions hold.
pub(super) async fn examine(
    setup: &DoctorSetup,
    web: &WebClient,
    credentials: Option<&LoginCredentials>,
    clock: &dyn Clock,
) -> Examination {
    let mut findings = Findings::default();
    let policy = check_topology(setup, &mut findings);
    let reach = reach::check(setup, web, clock).await;
    findings.extend(reach.findings);
    if !reach.is_reachable {
        return Examination { findings, cookie: ExaminedCookie::Missing };
    }
    if setup.needs_cors() {
        findings.extend(cors::check_preflight(setup, web).await);
    }
    let cookie = match credentials {
        Some(credentials) => {
            let outcome = login::check(setup, web, credentials, clock).await;
            findings.extend(outcome.findings);
            match outcome.result {
                LoginResult::Session(cookie) => ExaminedCookie::Seen(*cookie),
                LoginResult::SecondFactorRequired => planned_cookie(setup, policy.as_ref()),
                LoginResult::NoSession => ExaminedCookie::Missing,
            }
        }
        None => {
            let observation = "was skipped because no account was given, so no cookie was examined";
            findings.add(Finding::note(
                "login_skipped",
                "login",
                observation,
                "name an account with --login",
            ));
            planned_cookie(setup, policy.as_ref())
        }
    };
    if setup.has_guard() {
        findings.extend(guard::check(setup, web, jar_at_guard(setup, &cookie), clock).await);
    }
    Examination { findings, cookie }
}

/// Applies the rules that the services apply when they start.
fn check_topology(setup: &DoctorSetup, findings: &mut Findings) -> Option<CookiePolicy> {
    match setup.policy() {
        Ok(policy) => {
            let caution = policy.caution();
            findings.extend(
                caution.map(|caution| Finding::note("guard_never_sees", "the settings", caution, "")),
            );
            Some(policy)
        }
        Err(error) => {
            let observation = format!("{} {}: {}", error.setting, error.fact, error.browsers);
            findings.add(Finding::error("topology", "the settings", observation, error.fix));
            None
        }
    }
}

/// The cookie that Drawbridge would set, unless the settings allow none.
fn planned_cookie(setup: &DoctorSetup, policy: Option<&CookiePolicy>) -> ExaminedCookie {
    let Some(policy) = policy else { return ExaminedCookie::Missing };
    ExaminedCookie::Planned(OriginCookie {
        cookie: ReceivedCookie::from_policy(policy),
        setter: setup.login_origin().clone(),
    })
}

/// The cookies that a browser sends to the guard, if at least one engine sends the session cookie.
fn jar_at_guard(setup: &DoctorSetup, cookie: &ExaminedCookie) -> Option<CookieJar> {
    let ExaminedCookie::Seen(received) = cookie else { return None };
    let frontend = &setup.frontend;
    let is_sent = |engine: &BrowserEngine| engine.sends(received, frontend, frontend, &setup.private_path);
    BrowserEngine::ALL.iter().any(is_sent).then(|| CookieJar::with(received.clone()))
}
