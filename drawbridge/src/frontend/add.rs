//! `drawbridge frontend add`

use auth_service::{
    domain::{Actor, AddressHeader, Frontend, FrontendName, FrontendOrigin},
    frontends::{RegistryAuthor, ReservedNames},
};
use clap::Args;
use drawbridge_core::{
    audience::Audience,
    clock::{Clock, SystemClock},
    settings::environment,
};

use super::sealing_registry::{SealingRegistry, print_key};
use crate::deployment::DataArgs;

#[derive(Args)]
pub(crate) struct AddArgs {
    /// Name of the frontend: 1 to 40 characters of a-z, 0-9 and -
    name: FrontendName,
    /// Origin at which users open it; may be repeated
    #[arg(long = "origin", value_name = "URL", required = true, value_parser = FrontendOrigin::parse_site)]
    sites: Vec<FrontendOrigin>,
    /// Origin at which developers open it, such as `http://localhost:3000`; may be repeated
    #[arg(long = "dev", value_name = "URL", value_parser = FrontendOrigin::parse_development)]
    development: Vec<FrontendOrigin>,
    /// Pattern of its previews below your own domain, such as `*.preview.example.com`; may be repeated
    #[arg(long = "preview", value_name = "PATTERN", value_parser = FrontendOrigin::parse_pattern)]
    previews: Vec<FrontendOrigin>,
    /// Audience for which it may request access tokens; may be repeated
    #[arg(long = "audience", value_name = "AUDIENCE")]
    audiences: Vec<Audience>,
    /// Audience of its own sessions, which other frontends then refuse [default: the one of the deployment]
    #[arg(long, value_name = "AUDIENCE")]
    session_audience: Option<Audience>,
    /// Header in which its hosting platform sends the client's address [default: none; the address is then unknown]
    #[arg(long, value_name = "NAME")]
    address_header: Option<AddressHeader>,
    #[command(flatten)]
    data: DataArgs,
}

/// Registers a frontend and prints its key.
pub(super) async fn add(args: AddArgs) -> anyhow::Result<()> {
    let AddArgs { name, sites, development, previews, mut audiences, session_audience, address_header, data } =
        args;
    let deployment = data.deployment()?;
    let origins = sites.into_iter().chain(development).chain(previews).collect();
    audiences.sort_unstable();
    audiences.dedup();
    let frontend = Frontend { name, origins, audiences, session_audience, address_header };
    ReservedNames::read(&environment)?.check(&frontend)?;
    let note = format!("{} is registered.", frontend.name);
    let registry = SealingRegistry::new(&deployment);
    let query = deployment.query(move |c| {
        let author = RegistryAuthor { actor: &Actor::operator(), now: SystemClock.now() };
        Ok(registry.checked(c, author.now)?.add(c, &frontend, author)?)
    });
    print_key(&query.await?, &note);
    Ok(())
}
