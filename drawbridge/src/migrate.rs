//! `drawbridge migrate`

use auth_service::storage::{self, ReaderRole};
use drawbridge_core::settings::{Reader, environment};

use crate::{
    deployment::{DataArgs, run_query},
    output::print_line,
};

/// Applies the missing migrations, and grants read access to the role in `DATABASE_READER`.
pub(crate) async fn migrate(args: DataArgs) -> anyhow::Result<()> {
    let database_url = args.database_url()?;
    let mut reader = Reader::new(&environment);
    let role = ReaderRole::read(&mut reader);
    let role = reader.finish(Some(role))?;
    let query = run_query(database_url, move |connection| {
        let applied = storage::migrate(connection)?;
        if let Some(role) = &role {
            storage::grant_reading(connection, role)?;
        }
        Ok(applied)
    });
    let applied = query.await?;
    for migration in &applied {
        print_line(format_args!("migrated {migration}"));
    }
    if applied.is_empty() {
        print_line(format_args!("the schema is up to date"));
    }
    Ok(())
}
