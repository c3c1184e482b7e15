//! Changes of the registry of frontends. Each one is a transaction with its audit event, and only one is made at a time.

use chrono::{DateTime, Utc};
use drawbridge_core::{
    frontend_key::{FrontendKey, FrontendKeyKind, KeyId},
    secret::MasterSecret,
};
use drawbridge_database::Connection;

use super::{
    key_vault::FrontendKeyVault,
    plan::{FrontendChange, RegistryPlan},
    registered_key::RegisteredKey,
    registry_error::RegistryError,
    registry_event::RegistryAuthor,
};
use crate::{
    domain::{EventKind, Frontend, FrontendName},
    storage::{self, key_kind_word},
};

/// Registers frontends and issues their keys.
#[derive(Debug)]
pub struct FrontendRegistry(FrontendKeyVault);

/// A change that was made.
#[derive(Debug, Clone)]
pub struct AppliedChange {
    /// The change.
    pub change: FrontendChange,
    /// The key of a new frontend.
    pub key: Option<FrontendKey>,
}

impl FrontendRegistry {
    /// A registry that seals keys under the master secret.
    pub fn new(master: &MasterSecret) -> Self {
        Self(FrontendKeyVault::new(master))
    }

    /// Finds a key that has not expired, and what it may be used for.
    ///
    /// # Errors
    /// The key was sealed under a different master secret, or the database is unreachable.
    pub fn find_key(
        &self,
        connection: &mut Connection,
        id: &KeyId,
        now: DateTime<Utc>,
    ) -> Result<Option<RegisteredKey>, RegistryError> {
        self.0.find(connection, id, now)
    }

    /// Registers a frontend and returns its key.
    ///
    /// # Errors
    /// Its name is taken, it conflicts with another frontend, or the database is unreachable.
    pub fn add(
        &self,
        connection: &mut Connection,
        frontend: &Frontend,
        author: RegistryAuthor<'_>,
    ) -> Result<FrontendKey, RegistryError> {
        connection.exclusively(|connection| {
            storage::delete_expired_previews(connection, author.now)?;
            let others = storage::find_frontends(connection, author.now)?;
            if others.iter().any(|other| other.name == frontend.name) {
                return Err(RegistryError::NameTaken(frontend.name.clone()));
            }
            frontend.check_beside(&others)?;
            self.insert(connection, frontend, author)
        })
    }

    fn insert(
        &self,
        connection: &mut Connection,
        frontend: &Frontend,
        author: RegistryAuthor<'_>,
    ) -> Result<FrontendKey, RegistryError> {
        storage::insert_frontend(connection, frontend, author.now)?;
        let key = self.0.create(connection, &frontend.name, FrontendKeyKind::Frontend, author.now)?;
        let lines: Vec<_> = frontend.declared_lines().into_iter().collect();
        author.record(connection, EventKind::FrontendAdded, &frontend.name, &lines.join(", "))?;
        Ok(key)
    }

    /// What has to change so that the registry contains exactly the `desired` frontends.
    ///
    /// # Errors
    /// They conflict with each other, or the database is unreachable.
    pub fn plan(
        connection: &mut Connection,
        desired: &[Frontend],
        now: DateTime<Utc>,
    ) -> Result<RegistryPlan, RegistryError> {
        let stored = storage::find_frontends(connection, now)?;
        Ok(RegistryPlan::between(&stored, desired)?)
    }

    /// Changes the registry so that it contains exactly the `desired` frontends, and returns the changes.
    ///
    /// # Errors
    /// They conflict with each other, or the database is unreachable. Nothing is changed then.
    pub fn apply(
        &self,
        connection: &mut Connection,
        desired: &[Frontend],
        author: RegistryAuthor<'_>,
    ) -> Result<Vec<AppliedChange>, RegistryError> {
        connection.exclusively(|connection| {
            storage::delete_expired_previews(connection, author.now)?;
            let plan = Self::plan(connection, desired, author.now)?;
            // An origin may move from one frontend to another, so all give up theirs before any receives one.
            for change in &plan.changes {
                match change {
                    FrontendChange::Remove(name) => remove(connection, name, author)?,
                    FrontendChange::Update { frontend, .. } => {
                        storage::delete_declarations(connection, &frontend.name)?;
                    }
                    FrontendChange::Add(_) => {}
                }
            }
            let complete = |change| self.complete(connection, change, author);
            plan.changes.into_iter().map(complete).collect()
        })
    }

    /// Makes the part of a change that adds something.
    fn complete(
        &self,
        connection: &mut Connection,
        change: FrontendChange,
        author: RegistryAuthor<'_>,
    ) -> Result<AppliedChange, RegistryError> {
        let key = match &change {
            FrontendChange::Add(frontend) => Some(self.insert(connection, frontend, author)?),
            FrontendChange::Update { frontend, lines } => {
                storage::update_frontend(connection, frontend)?;
                let detail = lines.join(", ");
                author.record(connection, EventKind::FrontendChanged, &frontend.name, &detail)?;
                None
            }
            FrontendChange::Remove(_) => None,
        };
        Ok(AppliedChange { change, key })
    }

    /// Removes a frontend. Its keys and origins are refused from then on.
    ///
    /// # Errors
    /// There is none with this name, or the database is unreachable.
    pub fn remove(
        connection: &mut Connection,
        name: &FrontendName,
        author: RegistryAuthor<'_>,
    ) -> Result<(), RegistryError> {
        connection.exclusively(|connection| remove(connection, name, author))
    }

    /// Creates a key of a frontend, or for its previews. The previous keys of this kind expire at `previous_expire_at`.
    ///
    /// # Errors
    /// There is no frontend with this name, or the database is unreachable.
    pub fn replace_key(
        &self,
        connection: &mut Connection,
        name: &FrontendName,
        kind: FrontendKeyKind,
        previous_expire_at: DateTime<Utc>,
        author: RegistryAuthor<'_>,
    ) -> Result<FrontendKey, RegistryError> {
        connection.exclusively(|connection| {
            if storage::find_frontend(connection, name, author.now)?.is_none() {
                return Err(RegistryError::UnknownName(name.clone()));
            }
            storage::expire_frontend_keys(connection, name, kind, previous_expire_at)?;
            let key = self.0.create(connection, name, kind, author.now)?;
            let detail = format!("{} key {}", key_kind_word(kind), key.id());
            author.record(connection, EventKind::FrontendKeyMade, name, &detail)?;
            Ok(key)
        })
    }
}

/// Removes a frontend. Requires an exclusive transaction.
fn remove(
    connection: &mut Connection,
    name: &FrontendName,
    author: RegistryAuthor<'_>,
) -> Result<(), RegistryError> {
    if !storage::delete_frontend(connection, name)? {
        return Err(RegistryError::UnknownName(name.clone()));
    }
    Ok(author.record(connection, EventKind::FrontendRemoved, name, "")?)
}
