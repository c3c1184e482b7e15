//! `drawbridge user`

mod account;
mod accounts;
mod export;
mod format;
mod import;
mod password;
mod roles;
mod sign_out;

use clap::Subcommand;

use self::{
    account::AccountArgs, accounts::DisableArgs, export::ExportArgs, import::ImportArgs, roles::RolesArgs,
    sign_out::SignOutArgs,
};
use crate::deployment::DataArgs;

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Create an account; the password is read from a prompt or from standard input
    Add(AccountArgs),
    /// List all accounts
    List(DataArgs),
    /// Disable an account and end its sessions
    Disable(DisableArgs),
    /// Delete an account and all its data
    Delete(AccountArgs),
    /// Set an account's password and end its sessions
    SetPassword(AccountArgs),
    /// E-mail a link that lets the user choose a new password
    ResetPassword(AccountArgs),
    /// Remove all second factors of a user who has lost them; verify the user's identity first
    RemoveFactors(AccountArgs),
    /// End all sessions of an account or of all accounts
    SignOut(SignOutArgs),
    /// Show or change an account's roles
    Roles(RolesArgs),
    /// Import accounts from another system with their bcrypt hashes
    ///
    /// Reads CSV with a header, or JSON Lines. Existing accounts are left unchanged, so an interrupted import
    /// continues when you run the same command again. Invalid rows are reported on standard error with their line
    /// number; the other rows are imported and the exit status is 1.
    Import(ImportArgs),
    /// Export all accounts as CSV or JSON Lines
    Export(ExportArgs),
}

/// Runs the command.
pub(crate) async fn run(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add(args) => accounts::add(args).await,
        UserCommand::List(data) => accounts::list(data).await,
        UserCommand::Disable(args) => accounts::disable(args).await,
        UserCommand::Delete(args) => accounts::delete(args).await,
        UserCommand::SetPassword(args) => accounts::set_password(args).await,
        UserCommand::ResetPassword(args) => accounts::reset_password(args).await,
        UserCommand::RemoveFactors(args) => accounts::remove_factors(args).await,
        UserCommand::SignOut(args) => sign_out::sign_out(args).await,
        UserCommand::Roles(args) => roles::roles(args).await,
        UserCommand::Import(args) => import::import(args).await,
        UserCommand::Export(args) => export::export(args).await,
    }
}
