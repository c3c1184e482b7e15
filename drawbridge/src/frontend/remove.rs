//! `drawbridge frontend remove`

use auth_service::{
    domain::Actor,
    frontends::{FrontendRegistry, RegistryAuthor},
};
use drawbridge_core::clock::{Clock, SystemClock};

use super::arguments::FrontendArgs;
use crate::output::print_line;

/// Removes a frontend.
pub(super) async fn remove(FrontendArgs { name, data }: FrontendArgs) -> anyhow::Result<()> {
    let deployment = data.deployment()?;
    let removed = name.clone();
    let query = deployment.query(move |c| {
        let author = RegistryAuthor { actor: &Actor::operator(), now: SystemClock.now() };
        Ok(FrontendRegistry::remove(c, &removed, author)?)
    });
    query.await?;
    print_line(format_args!("{name} is removed"));
    Ok(())
}
