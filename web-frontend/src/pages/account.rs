use askama::Template;
use chrono::{DateTime, Utc};

use super::{Frame, Link, Moment, PasskeyButton};
use crate::{
    account::{Account, Event, PasskeyRow, SecondFactor, SessionRow},
    text::Text,
};

/// The account at a glance.
#[derive(Template)]
#[template(path = "overview.html")]
pub(crate) struct OverviewPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    pub(crate) account: Account,
}

impl OverviewPage {
    /// Fewer codes than this are worth a word.
    const FEW: u32 = 3;

    fn moment(&self, at: &DateTime<Utc>) -> String {
        Moment::new(*at, self.frame.text).text()
    }

    fn is_short_of_codes(&self) -> bool {
        self.account.has_second_factor() && self.account.recovery_codes_left < Self::FEW
    }

    fn has_second_factors(&self) -> bool {
        self.account.second_factor != SecondFactor::Off
    }

    fn is_required(&self) -> bool {
        self.account.second_factor == SecondFactor::Required
    }
}

/// Setting up and removing an authenticator app.
#[derive(Template)]
#[template(path = "authenticator.html")]
pub(crate) struct AuthenticatorPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    /// Where its forms are sent.
    pub(crate) base: &'static str,
    pub(crate) is_on: bool,
    /// What is being set up.
    pub(crate) qr_code: Option<QrCode>,
    pub(crate) error: Option<String>,
}

/// What an app is told, as a picture and in letters.
pub(crate) struct QrCode {
    /// `<svg>`; none where the picture has been scanned already.
    pub(crate) svg: Option<String>,
    pub(crate) secret: String,
}

/// Recovery codes: how many are left, and new ones.
#[derive(Template)]
#[template(path = "recovery_codes.html")]
pub(crate) struct RecoveryCodesPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    /// None where there is nothing that they could stand in for.
    pub(crate) left: Option<u32>,
}

/// Recovery codes that were made just now.
#[derive(Template)]
#[template(path = "fresh_codes.html")]
pub(crate) struct FreshCodesPage {
    pub(crate) frame: Frame,
    pub(crate) codes: Vec<String>,
    pub(crate) next: String,
}

/// Passkeys.
#[derive(Template)]
#[template(path = "passkeys.html")]
pub(crate) struct PasskeysPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    pub(crate) passkeys: Vec<PasskeyRow>,
    pub(crate) is_possible: bool,
    pub(crate) passkey: PasskeyButton,
}

impl PasskeysPage {
    fn name<'a>(&'a self, passkey: &'a PasskeyRow) -> &'a str {
        if passkey.name.is_empty() { self.frame.text.passkeys.unnamed } else { &passkey.name }
    }

    fn added(&self, passkey: &PasskeyRow) -> String {
        (self.frame.text.passkeys.added_at)(&Moment::new(passkey.created_at, self.frame.text).text())
    }

    fn used(&self, passkey: &PasskeyRow) -> String {
        let text = &self.frame.text.passkeys;
        let used = passkey.last_used_at.map(|at| (text.used_at)(&Moment::new(at, self.frame.text).text()));
        used.unwrap_or_else(|| text.never_used.to_owned())
    }
}

/// Where the person is signed in.
#[derive(Template)]
#[template(path = "sessions.html")]
pub(crate) struct SessionsPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    pub(crate) account: Account,
    pub(crate) sessions: Vec<SessionRow>,
}

impl SessionsPage {
    fn device(&self, session: &SessionRow) -> String {
        device(session.browser.as_deref(), session.os.as_deref(), self.frame.text)
    }

    /// What tells it apart from others of the same device.
    fn full_name(&self, session: &SessionRow) -> String {
        let since = Moment::new(session.created_at, self.frame.text).text();
        format!("{}, {} {since}", self.device(session), self.frame.text.sessions.signed_in)
    }

    fn moment(&self, at: &DateTime<Utc>) -> Moment {
        Moment::new(*at, self.frame.text)
    }

    fn lifetimes(&self) -> String {
        let text = self.frame.text;
        let idle = (text.sessions.idle)(&text.time.length(self.account.idle_seconds));
        let absolute = (text.sessions.absolute)(&text.time.length(self.account.absolute_seconds));
        format!("{idle} {absolute}. {}", (text.sessions.cap)(self.account.sessions_per_user))
    }

    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.current)
    }
}

/// What happened with the account.
#[derive(Template)]
#[template(path = "activity.html")]
pub(crate) struct ActivityPage {
    pub(crate) frame: Frame,
    pub(crate) events: Vec<Event>,
    pub(crate) older: Option<Link>,
    pub(crate) newest: Option<Link>,
}

impl ActivityPage {
    fn name<'a>(&self, event: &'a Event) -> &'a str {
        (self.frame.text.activity.kind)(&event.kind).unwrap_or(&event.kind)
    }

    fn moment(&self, event: &Event) -> Moment {
        Moment::new(event.at, self.frame.text)
    }

    fn device(&self, event: &Event) -> Option<String> {
        let is_known = event.browser.is_some() || event.os.is_some();
        is_known.then(|| device(event.browser.as_deref(), event.os.as_deref(), self.frame.text))
    }
}

/// A browser and its system, as far as they are known.
fn device(browser: Option<&str>, os: Option<&str>, text: &Text) -> String {
    match (browser, os) {
        (Some(browser), Some(os)) => (text.sessions.browser_on)(browser, os),
        (Some(known), None) | (None, Some(known)) => known.to_owned(),
        (None, None) => text.sessions.unknown.to_owned(),
    }
}
