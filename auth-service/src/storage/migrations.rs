use diesel::{
    QueryDsl, RunQueryDsl,
    dsl::sql,
    migration::{Migration, MigrationSource},
    pg::Pg,
    sql_types::Bool,
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use drawbridge_database::{Connection, DatabaseUnavailable};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Asks PostgreSQL whether any migration was ever run.
const HAS_MIGRATIONS: &str = "to_regclass('__diesel_schema_migrations') IS NOT NULL";

diesel::table! {
    /// The migrations that were run, as recorded by diesel.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// Brings the schema up to date and returns the names of the migrations that were run.
///
/// If the schema is already up to date, this requires no privilege to change it.
///
/// # Errors
/// The database is unreachable, or a migration failed. Either way, nothing has changed.
pub fn migrate(connection: &mut Connection) -> Result<Vec<String>, DatabaseUnavailable> {
    if is_up_to_date(connection) {
        return Ok(Vec::new());
    }
    connection.exclusively(|connection| {
        let run = match connection {
            Connection::Postgres(c) => c.run_pending_migrations(POSTGRES),
            Connection::Sqlite(c) => c.run_pending_migrations(SQLITE),
        };
        let run = run.map_err(|error| DatabaseUnavailable(format!("a migration failed: {error}")))?;
        Ok(run.iter().map(ToString::to_string).collect())
    })
}

/// Returns true if all migrations are known to have been run. If that cannot be determined, returns false, so that
/// running them reports the error.
fn is_up_to_date(connection: &mut Connection) -> bool {
    let versions = __diesel_schema_migrations::table.select(__diesel_schema_migrations::version);
    let (run, all) = match connection {
        Connection::Postgres(c) => {
            // The server would log a query of a missing table as an error.
            if !diesel::select(sql::<Bool>(HAS_MIGRATIONS)).get_result(c).unwrap_or(false) {
                return false;
            }
            (versions.load::<String>(c), versions_of::<Pg>(&POSTGRES))
        }
        Connection::Sqlite(c) => (versions.load::<String>(c), versions_of::<Sqlite>(&SQLITE)),
    };
    run.ok().zip(all).is_some_and(|(run, all)| all.iter().all(|version| run.contains(version)))
}

fn versions_of<Backend: diesel::backend::Backend>(migrations: &EmbeddedMigrations) -> Option<Vec<String>> {
    let all = MigrationSource::<Backend>::migrations(migrations).ok()?;
    Some(all.iter().map(|migration| migration.name().version().to_string()).collect())
}
