//! Determines who is setting up a second factor, and what authorizes them.

use drawbridge_core::id::{SessionId, UserId};
use drawbridge_database::Connection;
use secrecy::SecretString;

use crate::{
    app::App,
    domain::{Actor, EventKind, Holder},
    error::Error,
    mail::{FactorChange, Notice},
    pending_login::{PendingLogin, PendingLoginExpired},
    request_context::RequestContext,
    signed_in_user::SignedInUser,
    storage::{self, Authorization, FactorAddition, NewEvent, NewFactor, QueryResult, RecoveryCodeHashes},
};

/// A user who is setting up a second factor: within a confirmed session, or during a sign-in if the deployment requires
/// a factor and the user has none.
pub(crate) struct FactorSetUp {
    pub(crate) holder: Holder,
    pub(crate) actor: Actor,
    session: Option<SessionId>,
    /// The sign-in that continues once the factor is set up.
    pub(crate) pending: Option<PendingLogin>,
}

/// A factor to store, and the recovery codes to show if they are stored with it.
pub(crate) struct PreparedFactor {
    pub(crate) new: NewFactor,
    pub(crate) event: NewEvent,
    codes: Vec<SecretString>,
}

impl FactorSetUp {
    /// Determines who is setting up a factor: the user of the pending login if there is one, or else the signed-in
    /// user.
    pub(crate) async fn authorize(
        app: &App,
        context: &RequestContext,
        pending: Option<&SecretString>,
    ) -> Result<Self, Error> {
        app.require_second_factors()?;
        match pending {
            Some(pending) => Self::during_sign_in(app, context, pending).await,
            None => {
                let user = SignedInUser::authenticate_confirmed(app, context).await?;
                let SignedInUser { holder, session, actor } = user;
                Ok(Self { holder, actor, session: Some(session), pending: None })
            }
        }
    }

    async fn during_sign_in(
        app: &App,
        context: &RequestContext,
        pending: &SecretString,
    ) -> Result<Self, Error> {
        let pending = app.pending_logins.open(pending, app.clock.now())?;
        let holder = pending.holder();
        let user = holder.user;
        let enrolled = app.database.query(move |c| storage::find_enrolled_factors(c, user)).await?;
        // A user who has a factor must use it. The password alone only allows adding the first one.
        if !pending.enrol || enrolled.any() {
            return Err(Error::SecondFactorRequired);
        }
        Ok(Self { holder, actor: context.actor.clone(), session: None, pending: Some(pending) })
    }

    pub(crate) fn user(&self) -> UserId {
        self.holder.user
    }

    /// Prepares a factor, a notice to the holder, and recovery codes in case the account has none.
    pub(crate) fn prepare(&self, app: &App, event: NewEvent, change: FactorChange) -> PreparedFactor {
        let set = app.factor_secrets.generate_recovery_codes();
        let authorization = match (&self.pending, self.session) {
            (None, Some(session)) => Authorization::Session(session),
            (pending, _) => Authorization::FirstFactor {
                password_changed_at: pending.as_ref().and_then(|pending| pending.password_changed_at),
            },
        };
        let recovery_codes = RecoveryCodeHashes {
            hashes: set.hashes,
            event: self.security_event(app, EventKind::RecoveryCodesMade),
        };
        PreparedFactor {
            new: NewFactor { user: self.user(), authorization, recovery_codes },
            event: app.with_notification(event, &self.actor, &self.holder, Notice::Factor(change)),
            codes: set.codes,
        }
    }

    /// An audit event about something that the user did to their account.
    pub(crate) fn security_event(&self, app: &App, kind: EventKind) -> NewEvent {
        let event = NewEvent::new(kind, &self.actor, app.clock.now()).to(self.user());
        match self.session {
            Some(session) => event.within(session),
            None => event,
        }
    }
}

impl PreparedFactor {
    /// Adds the factor with `add` and returns the recovery codes to show, if they were stored.
    ///
    /// # Errors
    /// The factor was not added; `conflict` is the reason if it already exists.
    pub(crate) async fn add(
        self,
        app: &App,
        conflict: Error,
        add: impl FnOnce(&mut Connection, &NewFactor, &NewEvent) -> QueryResult<FactorAddition> + Send + 'static,
    ) -> Result<Option<Vec<SecretString>>, Error> {
        let Self { new, event, codes } = self;
        match app.commit(event, move |c, event| add(c, &new, event)).await? {
            FactorAddition::Added { recovery_codes } => Ok(recovery_codes.then_some(codes)),
            FactorAddition::NotAuthorized => Err(PendingLoginExpired.into()),
            FactorAddition::Conflict => Err(conflict),
            FactorAddition::TooMany => Err(Error::TooManyPasskeys),
        }
    }
}
