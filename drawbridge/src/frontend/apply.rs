//! `drawbridge frontend apply`

use std::path::PathBuf;

use auth_service::{
    domain::{Actor, Frontend},
    frontends::{AppliedChange, FrontendRegistry, RegistryAuthor, ReservedNames},
};
use clap::Args;
use drawbridge_core::{
    clock::{Clock, SystemClock},
    settings::environment,
};
use secrecy::ExposeSecret;

use super::{declaration, sealing_registry::SealingRegistry};
use crate::{
    deployment::{DataArgs, TargetDeployment},
    output::{print_line, print_note},
};

#[derive(Args)]
pub(crate) struct ApplyArgs {
    /// JSON file that declares all frontends
    file: PathBuf,
    /// Print the changes without making them
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    data: DataArgs,
}

/// Makes the registry match the file.
pub(super) async fn apply(args: ApplyArgs) -> anyhow::Result<()> {
    let desired = declaration::read(&args.file)?;
    let reserved = ReservedNames::read(&environment)?;
    desired.iter().try_for_each(|frontend| reserved.check(frontend))?;
    let deployment = args.data.deployment()?;
    if args.dry_run {
        return print_plan(&deployment, desired).await;
    }
    let registry = SealingRegistry::new(&deployment);
    let query = deployment.query(move |c| {
        let author = RegistryAuthor { actor: &Actor::operator(), now: SystemClock.now() };
        Ok(registry.checked(c, author.now)?.apply(c, &desired, author)?)
    });
    let changes = query.await?;
    if changes.is_empty() {
        print_line(format_args!("no changes"));
    }
    for AppliedChange { change, key } in &changes {
        print_line(format_args!("{change}"));
        if let Some(key) = key {
            print_line(format_args!("  key {}", key.expose().expose_secret()));
        }
    }
    if changes.iter().any(|change| change.key.is_some()) {
        print_note(format_args!("Keep the keys secret. They are not shown again."));
    }
    Ok(())
}

async fn print_plan(deployment: &TargetDeployment, desired: Vec<Frontend>) -> anyhow::Result<()> {
    let query = deployment.query(move |c| Ok(FrontendRegistry::plan(c, &desired, SystemClock.now())?));
    let plan = query.await?;
    if plan.changes.is_empty() {
        print_line(format_args!("no changes"));
    }
    for change in &plan.changes {
        print_line(format_args!("{change}"));
    }
    print_note(format_args!("Nothing was changed (--dry-run)."));
    Ok(())
}
