//! `drawbridge user …`: what can be said, and who does it.

mod accounts;
mod export;
mod format;
mod import;
mod roles;
mod sign_out;

use clap::{Args, Subcommand};

use crate::cli::DataArgs;

/// What is done to accounts.
#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Make an account; the password is asked for, or read from standard input
    Add(EmailArgs),
    /// List all accounts
    List(DataArgs),
    /// Disable an account and end its sessions
    Disable(DisableArgs),
    /// Delete an account with all that belongs to it
    Delete(EmailArgs),
    /// Give an account another password and end its sessions
    SetPassword(EmailArgs),
    /// Send a link by which the holder of an account chooses another password
    ResetPassword(EmailArgs),
    /// Remove all second factors of somebody who has lost them; make sure first that it is them who ask
    RemoveFactors(EmailArgs),
    /// End all sessions of an account, or of everybody
    SignOut(sign_out::SignOutArgs),
    /// Show an account's roles, or change them
    Roles(roles::RolesArgs),
    /// Make accounts of another system's, with their bcrypt hashes
    ///
    /// Reads CSV with a header, or JSON Lines. An address that has an account is left as it is, so a run that was
    /// interrupted goes on when it is started again. A row that cannot be taken is reported with its line on
    /// standard error, and the others are imported; then the status is 1.
    Import(import::ImportArgs),
    /// Write all accounts as CSV or JSON Lines
    Export(export::ExportArgs),
}

/// An account, and where it is.
#[derive(Args)]
pub(crate) struct EmailArgs {
    /// E-mail address of the account
    email: String,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
pub(crate) struct DisableArgs {
    #[command(flatten)]
    account: EmailArgs,
    /// Let the account sign in again
    #[arg(long)]
    undo: bool,
}

/// Does what was said.
pub(crate) async fn run(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add(args) => accounts::add(&args.data.deployment()?, &args.email).await,
        UserCommand::List(args) => accounts::list(&args.deployment()?).await,
        UserCommand::Disable(DisableArgs { account, undo }) => {
            accounts::disable(&account.data.deployment()?, &account.email, !undo).await
        }
        UserCommand::Delete(args) => accounts::delete(&args.data.deployment()?, &args.email).await,
        UserCommand::SetPassword(args) => accounts::set_password(&args.data.deployment()?, &args.email).await,
        UserCommand::ResetPassword(args) => {
            accounts::reset_password(&args.data.deployment()?, &args.email).await
        }
        UserCommand::RemoveFactors(args) => {
            accounts::remove_factors(&args.data.deployment()?, &args.email).await
        }
        UserCommand::SignOut(args) => sign_out::sign_out(args).await,
        UserCommand::Roles(args) => roles::roles(args).await,
        UserCommand::Import(args) => import::import(args).await,
        UserCommand::Export(args) => export::export(args).await,
    }
}
