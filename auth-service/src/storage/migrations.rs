use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use shared::database::{Connection, DatabaseUnavailable};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Brings the schema up to date; the names of the migrations that were run.
///
/// # Errors
/// When the database is out of reach, or a migration fails; nothing is changed then.
pub fn migrate(connection: &mut Connection) -> Result<Vec<String>, DatabaseUnavailable> {
    connection.exclusively(|connection| {
        let run = match connection {
            Connection::Postgres(c) => c.run_pending_migrations(POSTGRES),
            Connection::Sqlite(c) => c.run_pending_migrations(SQLITE),
        };
        let run = run.map_err(|error| DatabaseUnavailable(format!("a migration failed: {error}")))?;
        Ok(run.iter().map(ToString::to_string).collect())
    })
}
