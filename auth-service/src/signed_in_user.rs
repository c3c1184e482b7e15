//! Identifies the user whose session token was sent with a request.

use chrono::TimeDelta;
use drawbridge_core::id::SessionId;

use crate::{
    app::App,
    domain::{Actor, EventKind, Holder},
    error::Error,
    mail::Notice,
    request_context::RequestContext,
    storage::{self, NewEvent},
};

/// How long a confirmation of the user's identity is valid within a session (ASVS 5.0, V7.5.1).
pub(crate) const CONFIRMATION_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// The user whose session token was sent with a request.
pub(crate) struct SignedInUser {
    pub(crate) holder: Holder,
    pub(crate) session: SessionId,
    pub(crate) actor: Actor,
}

impl SignedInUser {
    /// Verifies the token sent with the request.
    pub(crate) async fn authenticate(app: &App, context: &RequestContext) -> Result<Self, Error> {
        let grant = app.verifier.verify_request(&context.tokens, context.accepted_tokens(app)).await?;
        let record = grant.record();
        Ok(Self {
            holder: Holder { user: record.id, email: record.email.clone() },
            session: grant.session().id,
            actor: context.actor.clone(),
        })
    }

    /// Verifies the token, and requires that the user has recently confirmed their identity in this session.
    pub(crate) async fn authenticate_confirmed(app: &App, context: &RequestContext) -> Result<Self, Error> {
        let user = Self::authenticate(app, context).await?;
        user.require_confirmation(app).await?;
        Ok(user)
    }

    /// Requires that the user has recently confirmed their identity in this session.
    pub(crate) async fn require_confirmation(&self, app: &App) -> Result<(), Error> {
        let session = self.session;
        let now = app.clock.now();
        let confirmed_at = app.database.query(move |c| storage::find_confirmation(c, session)).await?;
        match confirmed_at {
            Some(at) if at.and_utc() + CONFIRMATION_LIFETIME > now => Ok(()),
            _ => Err(Error::ConfirmationRequired),
        }
    }

    /// An audit event about something that the user did to their account.
    pub(crate) fn security_event(&self, app: &App, kind: EventKind) -> NewEvent {
        NewEvent::new(kind, &self.actor, app.clock.now()).to(self.holder.user).within(self.session)
    }

    /// Adds a notice to the user to an audit event, if the deployment can send mail.
    pub(crate) fn with_notification(&self, app: &App, event: NewEvent, notice: Notice) -> NewEvent {
        app.with_notification(event, &self.actor, &self.holder, notice)
    }
}
