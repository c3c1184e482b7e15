//! `drawbridge frontend`

mod add;
mod apply;
mod arguments;
mod declaration;
mod list;
mod remove;
mod replace_key;
mod sealing_registry;

use clap::Subcommand;
use drawbridge_core::frontend_key::FrontendKeyKind;

use self::{add::AddArgs, apply::ApplyArgs, arguments::FrontendArgs, replace_key::ReplaceKeyArgs};
use crate::deployment::DataArgs;

#[derive(Subcommand)]
pub(crate) enum FrontendCommand {
    /// Register a frontend and print its key, which is shown only once
    ///
    /// The key is the only line on standard output. With the key, the frontend's server proves that it acts for one of
    /// the frontend's origins.
    Add(Box<AddArgs>),
    /// List all frontends with their origins, audiences and keys
    List(DataArgs),
    /// Create a new key for a frontend and print it
    RotateKey(ReplaceKeyArgs),
    /// Create a key for the previews of a frontend and print it
    ///
    /// A preview key can act for previews and development origins, but not for the site. With it, a preview on a host
    /// such as vercel.app announces its exact origin, which is then registered for a day.
    PreviewKey(ReplaceKeyArgs),
    /// Remove a frontend; its keys and origins are refused from then on
    Remove(FrontendArgs),
    /// Make the registry match a JSON file that declares all frontends
    ///
    /// Frontends that are not in the file are removed. Prints each change, and the key of each new frontend.
    Apply(ApplyArgs),
}

/// Runs the command.
pub(crate) async fn run(command: FrontendCommand) -> anyhow::Result<()> {
    match command {
        FrontendCommand::Add(args) => add::add(*args).await,
        FrontendCommand::List(data) => list::list(data).await,
        FrontendCommand::RotateKey(args) => replace_key::replace_key(args, FrontendKeyKind::Frontend).await,
        FrontendCommand::PreviewKey(args) => replace_key::replace_key(args, FrontendKeyKind::Preview).await,
        FrontendCommand::Remove(args) => remove::remove(args).await,
        FrontendCommand::Apply(args) => apply::apply(args).await,
    }
}
