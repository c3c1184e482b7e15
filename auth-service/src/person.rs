//! Who is behind a request that changes an account.

use actix_web::HttpRequest;
use chrono::TimeDelta;
use drawbridge_core::id::{SessionId, UserId};

use crate::{
    app::App,
    caller::Caller,
    domain::EventKind,
    error::Error,
    mail::{FactorChange, Notice},
    second_factors::Pending,
    storage::{self, Added, NewEvent, NewFactor, Right},
};
use drawbridge_http::token_headers;

/// How long a session counts as confirmed (ASVS 5.0, V7.5.1).
pub(crate) const CONFIRMED_FOR: TimeDelta = TimeDelta::minutes(10);

/// Somebody with a session.
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) session: SessionId,
    pub(crate) caller: Caller,
}

impl Person {
    /// Whoever the request's token says.
    pub(crate) async fn of(app: &App, request: &HttpRequest) -> Result<Self, Error> {
        let grant =
            app.verifier.verify_request(&app.cookie.tokens(&token_headers(request.headers()))).await?;
        let (record, session) = (grant.record(), grant.session());
        Ok(Self {
            user: record.id,
            email: record.email.clone(),
            session: session.id,
            caller: Caller::of(app, request),
        })
    }

    /// The same, if they have shown who they are in this session not long ago.
    pub(crate) async fn confirmed(app: &App, request: &HttpRequest) -> Result<Self, Error> {
        let person = Self::of(app, request).await?;
        let (session, now) = (person.session, app.clock.now());
        let confirmed_at = app.database.query(move |c| storage::find_confirmation(c, session)).await?;
        match confirmed_at {
            Some(at) if at.and_utc() + CONFIRMED_FOR > now => Ok(person),
            _ => Err(Error::ConfirmationRequired),
        }
    }

    /// Something that they did to their account.
    pub(crate) fn did(&self, app: &App, kind: EventKind) -> NewEvent {
        NewEvent::new(kind, &self.caller, app.clock.now()).to(self.user).within(self.session)
    }
}

/// The recovery codes to be shown after a factor was added, if they are good.
///
/// # Errors
/// When it was not added; `conflict` says why, if it is there already.
pub(crate) fn shown(added: Added, codes: Vec<String>, conflict: Error) -> Result<Option<Vec<String>>, Error> {
    match added {
        Added::Done { recovery_codes } => Ok(recovery_codes.then_some(codes)),
        Added::NoRight => Err(Error::LoginExpired),
        Added::Conflict => Err(conflict),
        Added::TooMany => Err(Error::TooManyPasskeys),
    }
}

/// Somebody who sets up a second factor: in a session that was confirmed, or on the way to the first one, where the
/// deployment asks for a factor and they have none yet.
pub(crate) struct SettingUp {
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) caller: Caller,
    session: Option<SessionId>,
    /// The sign-in that goes on when the factor is there.
    pub(crate) pending: Option<Pending>,
}

impl SettingUp {
    pub(crate) async fn of(app: &App, request: &HttpRequest, pending: Option<&str>) -> Result<Self, Error> {
        app.factors.possible()?;
        let Some(text) = pending else {
            let Person { user, email, session, caller } = Person::confirmed(app, request).await?;
            return Ok(Self { user, email, caller, session: Some(session), pending: None });
        };
        let pending = app.factors.open_pending(text, app.clock.now())?;
        let user = pending.user;
        let factors = app.database.query(move |c| storage::find_second_factors(c, user)).await?;
        // Somebody who has one shows it; only whoever has none may add one with the password alone.
        if !pending.enrol || factors.any() {
            return Err(Error::SecondFactorRequired);
        }
        let (email, caller) = (pending.email.clone(), Caller::of(app, request));
        Ok(Self { user, email, caller, session: None, pending: Some(pending) })
    }

    /// A factor that they add, of which they are told, with recovery codes for whoever has none yet.
    pub(crate) fn adds(&self, app: &App, event: NewEvent, notice: FactorChange) -> (NewFactor, Vec<String>) {
        let event = app.telling(event, &self.caller, (self.user, &self.email), Notice::Factor(notice));
        let (codes, hashes) = app.factors.new_recovery_codes();
        let right = match (&self.pending, self.session) {
            (None, Some(session)) => Right::Session(session),
            (pending, _) => Right::First(pending.as_ref().and_then(|pending| pending.password_changed_at)),
        };
        let recovery = (hashes, self.did(app, EventKind::RecoveryCodesMade));
        (NewFactor { user: self.user, right, event, recovery }, codes)
    }

    /// Something that they did to their account.
    pub(crate) fn did(&self, app: &App, kind: EventKind) -> NewEvent {
        let event = NewEvent::new(kind, &self.caller, app.clock.now()).to(self.user);
        match self.session {
            Some(session) => event.within(session),
            None => event,
        }
    }
}
