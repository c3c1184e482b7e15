use jsonwebtoken::jwk::JwkSet;

use crate::{
    error::DatabaseUnavailable, pool::Database, published_keys::find_published_keys,
    user_record::find_user_record,
};
use drawbridge_core::{clock::SharedClock, id::UserId};
use drawbridge_verification::{BoxFuture, Source, SourceUnavailable, user_record::UserRecord};

/// The database as the source of users and keys.
pub struct DatabaseSource {
    database: Database,
    clock: SharedClock,
}

impl DatabaseSource {
    /// A source that reads `database`.
    pub fn new(database: Database, clock: SharedClock) -> Self {
        Self { database, clock }
    }
}

impl From<DatabaseUnavailable> for SourceUnavailable {
    fn from(error: DatabaseUnavailable) -> Self {
        Self(error.0)
    }
}

impl Source for DatabaseSource {
    fn find_user<'a>(
        &'a self,
        user: UserId,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<UserRecord>, SourceUnavailable>> {
        Box::pin(async move { Ok(self.database.query(move |c| find_user_record(c, user)).await?) })
    }

    fn find_keys(&self) -> BoxFuture<'_, Result<JwkSet, SourceUnavailable>> {
        let now = self.clock.now();
        Box::pin(async move { Ok(self.database.run(move |c| find_published_keys(c, now)).await?) })
    }
}
