//! The top level of the command line.

use clap::{Parser, Subcommand};

use crate::{
    audit::{self, AuditArgs},
    deployment::DataArgs,
    doctor::{self, DoctorArgs},
    frontend::{self, FrontendCommand},
    keys::{self, KeysCommand},
    migrate,
    secrets::{self, SecretsArgs},
    up::{self, UpArgs},
    user::{self, UserCommand},
};

/// Login for a frontend and a backend on different domains.
///
/// Without a command, all services start in one process (see `drawbridge up --help`).
#[derive(Parser)]
#[command(
    version,
    after_help = "Commands other than `up`, `secrets` and `doctor` work on the deployment named by DATABASE_URL and \
    MASTER_SECRET, or else on the data folder of `drawbridge up`."
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Option<MainCommand>,
    #[command(flatten)]
    up: UpArgs,
}

#[derive(Subcommand)]
enum MainCommand {
    /// Run all three services in one process, on SQLite and an in-process cache
    ///
    /// web-frontend listens on the port, auth-service on the next one and verify-service on the one after. The
    /// first start creates the secrets and stores them in the data folder. All other settings come from the
    /// environment, as for the services.
    Up(UpArgs),
    /// Update the database schema
    Migrate(DataArgs),
    /// Create the secrets of a deployment as files, in one folder for each program
    ///
    /// The master secret, the key of web-frontend and the passwords of PostgreSQL and Redis are random and independent
    /// of each other. URLs and the Redis user list, which contain them, are written next to them. Existing files are
    /// not changed.
    Secrets(SecretsArgs),
    /// Manage accounts: add, list, disable, delete, import, export, sign out, change roles
    #[command(subcommand)]
    User(Box<UserCommand>),
    /// Show security events, newest first
    Audit(AuditArgs),
    /// Manage signing keys: list, rotate, revoke; create the key of web-frontend
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Manage the frontends that other programs serve: add, list, rotate keys, remove, apply a file
    #[command(subcommand)]
    Frontend(FrontendCommand),
    /// Check a deployment: do browsers store the session cookie and send it where it is needed?
    ///
    /// Works with any backend whose login accepts `{email, password}` as JSON. The exit status is 0 if there are
    /// no errors.
    Doctor(Box<DoctorArgs>),
}

/// Runs the command.
pub(crate) async fn run(command_line: CommandLine) -> anyhow::Result<()> {
    match command_line.command {
        None => up::up(command_line.up).await,
        Some(MainCommand::Up(args)) => up::up(args).await,
        Some(MainCommand::Migrate(args)) => migrate::migrate(args).await,
        Some(MainCommand::Secrets(args)) => secrets::create(&args),
        Some(MainCommand::User(command)) => user::run(*command).await,
        Some(MainCommand::Audit(args)) => audit::audit(args).await,
        Some(MainCommand::Keys(command)) => keys::run(command).await,
        Some(MainCommand::Frontend(command)) => frontend::run(command).await,
        Some(MainCommand::Doctor(args)) => doctor::run(*args).await,
    }
}
