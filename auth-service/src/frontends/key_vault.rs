use chrono::{DateTime, Utc};
use diesel::QueryResult;
use drawbridge_core::{
    frontend_key::{FrontendKey, FrontendKeyKind, KeyId},
    random::Random,
    secret::{KeyPurpose, MasterSecret, Sealer, UnsealError},
};
use drawbridge_database::Connection;
use secrecy::{ExposeSecret, SecretString};

use super::{registered_key::RegisteredKey, registry_error::RegistryError};
use crate::{
    domain::FrontendName,
    storage::{self, FrontendKeyRow, key_kind_word},
};

/// Creates, seals and opens the keys of frontends.
#[derive(Debug)]
pub(super) struct FrontendKeyVault(Sealer);

impl FrontendKeyVault {
    pub(super) fn new(master: &MasterSecret) -> Self {
        Self(Sealer::new(master, KeyPurpose::FrontendKeys))
    }

    /// Creates and stores a key of a frontend that exists.
    pub(super) fn create(
        &self,
        connection: &mut Connection,
        name: &FrontendName,
        kind: FrontendKeyKind,
        now: DateTime<Utc>,
    ) -> QueryResult<FrontendKey> {
        let key = FrontendKey::generate(Random, kind);
        let id = key.id().to_string();
        let row = FrontendKeyRow {
            sealed: self.0.seal(Random, &id, key.expose().expose_secret().as_bytes()),
            id,
            frontend: name.to_string(),
            kind: key_kind_word(kind).to_owned(),
            hash: key.hash().to_vec(),
            created_at: now.naive_utc(),
            expires_at: None,
        };
        storage::insert_frontend_key(connection, &row)?;
        Ok(key)
    }

    /// Finds a key that has not expired, and what it may be used for.
    pub(super) fn find(
        &self,
        connection: &mut Connection,
        id: &KeyId,
        now: DateTime<Utc>,
    ) -> Result<Option<RegisteredKey>, RegistryError> {
        let Some(row) = storage::find_frontend_key(connection, id, now)? else { return Ok(None) };
        let Ok(name) = row.frontend.parse() else { return Ok(None) };
        // The frontend may have been removed since the previous query.
        let Some(frontend) = storage::find_frontend(connection, &name, now)? else { return Ok(None) };
        let key = self.open(&row)?;
        Ok(Some(RegisteredKey::new(key, row.hash, frontend)))
    }

    fn open(&self, row: &FrontendKeyRow) -> Result<FrontendKey, UnsealError> {
        let plain = String::from_utf8(self.0.open(&row.id, &row.sealed)?).map_err(|_| UnsealError)?;
        FrontendKey::parse(SecretString::from(plain)).map_err(|_| UnsealError)
    }
}
