//! Registered frontends: applications that sign users in through auth-service, each with its own key.

mod allowed_origins;
mod key_vault;
mod plan;
mod preview;
mod registered_key;
mod registry;
mod registry_error;
mod registry_event;
mod reserved_names;

use std::sync::Arc;

use drawbridge_core::{
    audience::Audience, clock::SharedClock, frontend_key::KeyId, origin::Origin, secret::MasterSecret,
};
use drawbridge_database::Database;

pub(crate) use self::allowed_origins::AllowedOrigins;
pub use self::{
    plan::{FrontendChange, RegistryPlan},
    preview::{PreviewRegistration, announce_preview},
    registered_key::RegisteredKey,
    registry::{AppliedChange, FrontendRegistry},
    registry_error::RegistryError,
    registry_event::RegistryAuthor,
    reserved_names::ReservedNames,
};
use crate::{
    domain::{Actor, FrontendName, FrontendOrigin},
    error::Error,
    storage,
};

/// The registered frontends, as requests need them.
pub(crate) struct Frontends {
    database: Database,
    clock: SharedClock,
    registry: Arc<FrontendRegistry>,
    allowed_origins: Arc<AllowedOrigins>,
    /// The origins in the deployment's settings, which no frontend can have.
    reserved_origins: Vec<Origin>,
}

impl Frontends {
    pub(crate) fn new(
        master: &MasterSecret,
        reserved_origins: Vec<Origin>,
        database: Database,
        clock: SharedClock,
    ) -> Self {
        Self {
            registry: Arc::new(FrontendRegistry::new(master)),
            allowed_origins: Arc::new(AllowedOrigins::new(database.clone(), clock.clone())),
            reserved_origins,
            database,
            clock,
        }
    }

    /// Returns true if an origin is the deployment's own, for which no frontend can act.
    pub(crate) fn is_reserved(&self, origin: &Origin) -> bool {
        self.reserved_origins.contains(origin)
    }

    /// Finds the key with this ID. Each call asks the database, so a removed key is refused immediately.
    ///
    /// # Errors
    /// The database is unreachable, or the key was sealed under a different master secret.
    pub(crate) async fn find_by_key_id(&self, id: &KeyId) -> Result<Option<RegisteredKey>, Error> {
        let registry = self.registry.clone();
        let id = id.clone();
        let now = self.clock.now();
        self.database.run(move |c| registry.find_key(c, &id, now).map_err(Error::from)).await
    }

    /// Registers the exact origin of a preview of a frontend for a day.
    ///
    /// # Errors
    /// The origin belongs to another frontend or to the deployment, or the frontend has too many previews.
    pub(crate) async fn announce_preview(
        &self,
        name: &FrontendName,
        origin: Origin,
        actor: Actor,
    ) -> Result<PreviewRegistration, Error> {
        if self.is_reserved(&origin) {
            return Err(RegistryError::PreviewOriginTaken(origin).into());
        }
        let name = name.clone();
        let now = self.clock.now();
        let announce = move |c: &mut _| {
            let author = RegistryAuthor { actor: &actor, now };
            announce_preview(c, &name, &origin, author).map_err(Error::from)
        };
        self.database.run(announce).await
    }

    /// Returns true if sessions of a registered frontend have this audience.
    ///
    /// # Errors
    /// The database is unreachable.
    pub(crate) async fn is_session_audience(&self, audience: &Audience) -> Result<bool, Error> {
        let audience = audience.clone();
        Ok(self.database.query(move |c| storage::is_session_audience(c, &audience)).await?)
    }

    /// All registered origins that have not expired.
    ///
    /// # Errors
    /// The database is unreachable.
    pub(crate) async fn find_registered_origins(&self) -> Result<Vec<FrontendOrigin>, Error> {
        let now = self.clock.now();
        Ok(self.database.query(move |c| storage::find_registered_origins(c, now)).await?)
    }

    /// The registered origins, for the checks of browser requests.
    pub(crate) fn allowed_origins(&self) -> Arc<AllowedOrigins> {
        self.allowed_origins.clone()
    }
}
