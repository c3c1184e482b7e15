//! The command line: what can be said, and who does it.

use std::path::PathBuf;

use auth_service::storage::{self, ReaderRole};
use clap::{Args, Parser, Subcommand};
use drawbridge_core::settings::{Reader, environment};
use drawbridge_database::DatabaseUrl;

use crate::{
    audit,
    deployment::{Deployment, query},
    doctor, keys, output, secrets, up, user,
};

/// The login stack for a frontend and a backend on different domains.
///
/// Without a command it starts everything in one process (see `drawbridge up --help`).
#[derive(Parser)]
#[command(
    version,
    after_help = "Every command but `up` and `doctor` works on the deployment that DATABASE_URL and \
    MASTER_SECRET name, or else on the data folder of `drawbridge up`."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    up: UpArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Start all three services in one process, on SQLite and an in-process cache
    ///
    /// The frontend listens on the port, auth-service on the next and verify-service on the one
    /// after. Secrets are made on the first start and kept in the data folder. The settings of
    /// tokens, sessions, passwords and logs are read from the environment, as the services do.
    Up(UpArgs),
    /// Bring the database's schema up to date
    Migrate(DataArgs),
    /// Make the secrets of a deployment as files, one folder for each program that reads them
    ///
    /// The master secret and the passwords of PostgreSQL and Redis are drawn, each by itself; what follows from them,
    /// such as the URLs, is written beside. A file that is there stays as it is.
    Secrets(SecretsArgs),
    /// Add, list, disable, delete, import and export accounts, sign people out, change their roles
    #[command(subcommand)]
    User(Box<user::UserCommand>),
    /// Show what happened to accounts, newest first
    Audit(audit::AuditArgs),
    /// List, rotate or revoke the keys that sign tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Examine a deployment: whether browsers keep the session's cookie and bring it where it is needed
    ///
    /// Works against any backend whose login takes `{email, password}` as JSON. Ends with status 0 only
    /// when nothing is wrong.
    Doctor(Box<doctor::DoctorArgs>),
}

/// Where everything in one process listens and keeps its data.
#[derive(Args, Clone)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct UpArgs {
    /// Port of the frontend; auth-service and verify-service take the next two
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..=65533))]
    pub(crate) port: u16,
    /// Folder of the database and the secrets, made if it is not there
    #[arg(long, value_name = "DIR", default_value = DATA)]
    pub(crate) data: PathBuf,
}

/// Which deployment a command works on.
#[derive(Args)]
pub(crate) struct DataArgs {
    /// Data folder of `drawbridge up` [default: drawbridge-data, unless `DATABASE_URL` is set]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl DataArgs {
    /// The deployment that the environment names, or the data folder, which must be there.
    pub(crate) fn deployment(self) -> anyhow::Result<Deployment> {
        match self.data {
            None if Deployment::is_named_by_environment() => Deployment::from_environment()?.must_exist(),
            data => Deployment::find(&folder(data)),
        }
    }
}

#[derive(Args)]
pub(crate) struct SecretsArgs {
    /// Folder to make them in
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Host and port of PostgreSQL, as the services reach it
    #[arg(long, value_name = "HOST[:PORT]", default_value = "postgres")]
    pub(crate) postgres: String,
    /// Host and port of Redis, as the services reach it
    #[arg(long, value_name = "HOST[:PORT]", default_value = "redis")]
    pub(crate) redis: String,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// List all keys and what each does
    List(DataArgs),
    /// Make a key that takes over in ten minutes, when every verifier knows it
    Rotate(DataArgs),
    /// Withdraw a key at once; whoever has a token that it signed is signed out
    Revoke(RevokeArgs),
}

#[derive(Args)]
struct RevokeArgs {
    /// The key's id, as `keys list` shows it
    kid: String,
    #[command(flatten)]
    data: DataArgs,
}

const DATA: &str = "drawbridge-data";

/// Does what was said.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        None => up::up(cli.up).await,
        Some(Command::Up(args)) => up::up(args).await,
        Some(Command::Migrate(args)) => {
            migrate(match &args.data {
                None if Deployment::is_named_by_environment() => Deployment::database_from_environment()?,
                _ => Deployment::make(&folder(args.data))?.database_url().clone(),
            })
            .await
        }
        Some(Command::Secrets(args)) => secrets::make(&args),
        Some(Command::User(command)) => user::run(*command).await,
        Some(Command::Audit(args)) => audit::audit(args).await,
        Some(Command::Doctor(args)) => doctor::run(*args).await,
        Some(Command::Keys(KeysCommand::List(args))) => keys::list(&args.deployment()?).await,
        Some(Command::Keys(KeysCommand::Rotate(args))) => keys::rotate(&args.deployment()?).await,
        Some(Command::Keys(KeysCommand::Revoke(args))) => {
            keys::revoke(&args.data.deployment()?, &args.kid).await
        }
    }
}

async fn migrate(database_url: DatabaseUrl) -> anyhow::Result<()> {
    let mut reader = Reader::new(&environment);
    let role = reader.optional("DATABASE_READER", ReaderRole::parse);
    let role = reader.finish(Some(role))?;
    let done = query(database_url, move |connection| {
        let done = storage::migrate(connection)?;
        if let Some(role) = &role {
            storage::grant_reading(connection, role)?;
        }
        Ok(done)
    });
    let done = done.await?;
    for migration in &done {
        output::line(format_args!("migrated {migration}"));
    }
    if done.is_empty() {
        output::line(format_args!("the schema is up to date"));
    }
    Ok(())
}

fn folder(data: Option<PathBuf>) -> PathBuf {
    data.unwrap_or_else(|| PathBuf::from(DATA))
}
