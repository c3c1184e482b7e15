use askama::Template;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::{Moment, PageLayout, PageLink, PasskeyButton};
use crate::{
    account::{AccountDetails, ActivityEvent, PasskeyDetails, SecondFactorRule, SessionDetails},
    text::Text,
};

/// The overview of the account.
#[derive(Template)]
#[template(path = "overview.html")]
pub(crate) struct OverviewPage {
    pub(crate) layout: PageLayout,
    pub(crate) csrf: String,
    pub(crate) account: AccountDetails,
}

impl OverviewPage {
    /// With fewer recovery codes than this, the page suggests generating new ones.
    const ENOUGH_RECOVERY_CODES: u32 = 3;

    fn moment(&self, at: &DateTime<Utc>) -> String {
        Moment::new(*at, self.layout.text).text()
    }

    fn is_short_of_codes(&self) -> bool {
        self.account.has_second_factor() && self.account.recovery_codes_left < Self::ENOUGH_RECOVERY_CODES
    }

    fn has_second_factors(&self) -> bool {
        self.account.second_factor != SecondFactorRule::Off
    }

    fn is_required(&self) -> bool {
        self.account.second_factor == SecondFactorRule::Required
    }
}

/// Setting up and removing an authenticator app.
#[derive(Template)]
#[template(path = "authenticator.html")]
pub(crate) struct AuthenticatorPage {
    pub(crate) layout: PageLayout,
    pub(crate) csrf: String,
    /// The path below which the forms are submitted.
    pub(crate) base: &'static str,
    /// The query of the URLs to which the forms are submitted: empty, or a return target.
    pub(crate) query: String,
    pub(crate) is_on: bool,
    /// The secret that is being set up.
    pub(crate) qr_code: Option<QrCode>,
    pub(crate) error: Option<String>,
}

/// The secret of an authenticator app, to scan or to type.
pub(crate) struct QrCode {
    /// The `<svg>` element; `None` when the page is shown again after a wrong code.
    pub(crate) svg: Option<SecretString>,
    pub(crate) secret: SecretString,
}

/// The number of recovery codes left, and a form that generates new ones.
#[derive(Template)]
#[template(path = "recovery_codes.html")]
pub(crate) struct RecoveryCodesPage {
    pub(crate) layout: PageLayout,
    pub(crate) csrf: String,
    /// `None` if the account has no second factor.
    pub(crate) left: Option<u32>,
}

/// New recovery codes, which are shown once.
#[derive(Template)]
#[template(path = "fresh_codes.html")]
pub(crate) struct NewRecoveryCodesPage {
    pub(crate) layout: PageLayout,
    pub(crate) codes: Vec<SecretString>,
    pub(crate) next: String,
}

/// The list of passkeys, and a form that adds one.
#[derive(Template)]
#[template(path = "passkeys.html")]
pub(crate) struct PasskeysPage {
    pub(crate) layout: PageLayout,
    pub(crate) csrf: String,
    pub(crate) passkeys: Vec<PasskeyDetails>,
    pub(crate) can_add: bool,
    pub(crate) passkey: PasskeyButton,
}

impl PasskeysPage {
    fn name<'a>(&'a self, passkey: &'a PasskeyDetails) -> &'a str {
        if passkey.name.is_empty() { self.layout.text.passkeys.unnamed } else { &passkey.name }
    }

    fn added(&self, passkey: &PasskeyDetails) -> String {
        (self.layout.text.passkeys.added_at)(&Moment::new(passkey.created_at, self.layout.text).text())
    }

    fn used(&self, passkey: &PasskeyDetails) -> String {
        let text = &self.layout.text.passkeys;
        let used = passkey.last_used_at.map(|at| (text.used_at)(&Moment::new(at, self.layout.text).text()));
        used.unwrap_or_else(|| text.never_used.to_owned())
    }
}

/// The devices on which the user is signed in.
#[derive(Template)]
#[template(path = "sessions.html")]
pub(crate) struct SessionsPage {
    pub(crate) layout: PageLayout,
    pub(crate) csrf: String,
    pub(crate) account: AccountDetails,
    pub(crate) sessions: Vec<SessionDetails>,
}

impl SessionsPage {
    fn device(&self, session: &SessionDetails) -> String {
        device_name(session.browser.as_deref(), session.os.as_deref(), self.layout.text)
    }

    /// A name that distinguishes the session from others on the same kind of device.
    fn full_name(&self, session: &SessionDetails) -> String {
        let since = Moment::new(session.created_at, self.layout.text).text();
        format!("{}, {} {since}", self.device(session), self.layout.text.sessions.signed_in)
    }

    fn moment(&self, at: &DateTime<Utc>) -> Moment {
        Moment::new(*at, self.layout.text)
    }

    fn lifetimes(&self) -> String {
        let text = self.layout.text;
        let idle = (text.sessions.idle)(&text.time.length(self.account.idle_seconds));
        let absolute = (text.sessions.absolute)(&text.time.length(self.account.absolute_seconds));
        format!("{idle} {absolute}. {}", (text.sessions.cap)(self.account.sessions_per_user))
    }

    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.current)
    }
}

/// The activity log of the account.
#[derive(Template)]
#[template(path = "activity.html")]
pub(crate) struct ActivityPage {
    pub(crate) layout: PageLayout,
    pub(crate) events: Vec<ActivityEvent>,
    pub(crate) older: Option<PageLink>,
    pub(crate) newest: Option<PageLink>,
}

impl ActivityPage {
    fn name<'a>(&self, event: &'a ActivityEvent) -> &'a str {
        (self.layout.text.activity.kind)(&event.kind).unwrap_or(&event.kind)
    }

    fn moment(&self, event: &ActivityEvent) -> Moment {
        Moment::new(event.at, self.layout.text)
    }

    fn device(&self, event: &ActivityEvent) -> Option<String> {
        let is_known = event.browser.is_some() || event.os.is_some();
        is_known.then(|| device_name(event.browser.as_deref(), event.os.as_deref(), self.layout.text))
    }
}

/// The browser and operating system, as far as they are known.
fn device_name(browser: Option<&str>, os: Option<&str>, text: &Text) -> String {
    match (browser, os) {
        (Some(browser), Some(os)) => (text.sessions.browser_on)(browser, os),
        (Some(known), None) | (None, Some(known)) => known.to_owned(),
        (None, None) => text.sessions.unknown.to_owned(),
    }
}
