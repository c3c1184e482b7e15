//! The examination of a deployment that runs.

mod cors;
mod guard;
mod login;
mod reach;
mod traffic;

use chrono::{DateTime, Utc};
use drawbridge_cookies::topology::CookieMode;
use drawbridge_core::origin::Origin;

use self::login::Login;
use super::{
    Setup,
    engine::Engine,
    finding::{Finding, Findings},
    web::{Jar, Web},
};
use drawbridge_cookies::received_cookie::ReceivedCookie;

/// Who signs in.
pub(crate) struct Account {
    pub(crate) email: String,
    pub(crate) password: String,
}

/// The session's cookie, and who sets it.
pub(crate) enum Session {
    /// The one that the login set.
    Seen(ReceivedCookie, Origin),
    /// The one that Drawbridge would set; nobody signed in.
    Planned(ReceivedCookie, Origin),
    /// The login set none, or the facts allow for none.
    Missing,
}

/// What came out.
pub(crate) struct Examined {
    pub(crate) findings: Findings,
    pub(crate) session: Session,
}

/// Where the time is read.
pub(crate) type Now<'a> = &'a dyn Fn() -> DateTime<Utc>;

/// Examines everything, each step as far as those before it went well.
pub(crate) async fn examine(setup: &Setup, web: &Web, account: Option<&Account>, now: Now<'_>) -> Examined {
    let mut findings = Findings::default();
    let policy = setup.policy();
    match &policy {
        Ok(policy) => findings.extend(
            policy.caution().map(|caution| Finding::note("guard_never_sees", "the settings", caution, "")),
        ),
        Err(refused) => {
            let what = format!("{} {}: {}", refused.setting, refused.fact, refused.browsers);
            findings.add(Finding::error("topology", "the settings", what, refused.fix.clone()));
        }
    }
    let (there, found) = reach::check(setup, web, now).await;
    findings.extend(found);
    if !there {
        return Examined { findings, session: Session::Missing };
    }
    if setup.mode != CookieMode::Proxy && setup.frontend != setup.backend {
        findings.extend(cors::preflight(setup, web).await);
    }
    let session = match account {
        Some(account) => {
            let Login { session, findings: found } = login::check(setup, web, account, now).await;
            findings.extend(found);
            session.map_or(Session::Missing, |(cookie, setter)| Session::Seen(cookie, setter))
        }
        None => {
            let what = "nobody signed in, so that no cookie was seen";
            findings.add(Finding::note("login_skipped", "login", what, "name an account: --login"));
            policy.map_or(Session::Missing, |policy| {
                Session::Planned(ReceivedCookie::planned(&policy), setup.login_origin().clone())
            })
        }
    };
    if setup.has_guard() {
        findings.extend(guard::check(setup, web, browsers_jar(setup, &session), now()).await);
    }
    Examined { findings, session }
}

/// What a browser brings to the guard, if there is one that does.
fn browsers_jar(setup: &Setup, session: &Session) -> Option<Jar> {
    let Session::Seen(cookie, setter) = session else { return None };
    let page = &setup.frontend;
    let is_sent = |engine: &Engine| engine.sends(cookie, setter, page, page, &setup.private_path);
    Engine::ALL.iter().any(is_sent).then(|| Jar::with(cookie.clone(), setter.clone()))
}
