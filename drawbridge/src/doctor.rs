//! `drawbridge doctor`: do browsers store the session cookie and send it where it is needed, and if not, what is
//! the first thing to change?

mod cookie_review;
mod deployment_paths;
mod finding;
mod probe;
mod report;
mod setup;
mod web;

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use drawbridge_cookies::topology::CookieMode;
use drawbridge_core::{clock::SystemClock, origin::Origin, settings::Setting};

use secrecy::SecretString;

use self::{
    deployment_paths::DeploymentPaths, probe::LoginCredentials, report::DoctorReport, setup::DoctorSetup,
    web::WebClient,
};
use crate::{
    deployment::non_empty_variable,
    password_input::{is_interactive, prompt_for_password, read_password_line},
};

/// This is read from the environment directly, because a [`Reader`] would trim the password.
///
/// [`Reader`]: drawbridge_core::settings::Reader
pub(crate) const DOCTOR_PASSWORD: Setting = Setting::new(
    "DOCTOR_PASSWORD",
    "The password of the account that `drawbridge doctor --login` signs in with. Without it, the command prompts on \
     the terminal or reads standard input.",
);

/// The arguments of `drawbridge doctor`.
#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// Origin of the frontend, which serves the pages behind the guard
    #[arg(long, value_name = "URL", value_parser = Origin::parse)]
    frontend: Origin,
    /// Origin of the backend that signs users in
    #[arg(long, value_name = "URL", value_parser = Origin::parse)]
    backend: Origin,
    /// Who sets the cookie: proxy (the frontend), shared (the backend, for both) or host (the backend, for
    /// itself)
    #[arg(long, default_value_t = CookieMode::Proxy)]
    mode: CookieMode,
    /// E-mail address of the account to sign in with; its password comes from `DOCTOR_PASSWORD`, a prompt or
    /// standard input
    #[arg(long, value_name = "EMAIL")]
    login: Option<String>,
    /// Path of the login endpoint, which accepts `{email, password}` as JSON [default: the one of Drawbridge, or
    /// `/api/login`]
    #[arg(long, value_name = "PATH", value_parser = parse_path)]
    login_path: Option<String>,
    /// Path of a page behind the guard on the frontend [default: `/private`, or the account page of a Drawbridge with
    /// `PAGES_PATH`]
    #[arg(long, value_name = "PATH", value_parser = parse_path)]
    private_path: Option<String>,
    /// Name of the session cookie [default: detected from the login's response]
    #[arg(long, value_name = "NAME")]
    cookie_name: Option<String>,
    /// PEM file with a certificate authority to trust in addition to the public ones
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// HTTP proxy for all requests
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Checks the deployment, prints the report and fails if there are errors.
pub(crate) async fn run(args: DoctorArgs) -> anyhow::Result<()> {
    let web = WebClient::new(args.ca.as_deref(), args.proxy.as_deref())?;
    let credentials = match args.login {
        Some(email) => Some(LoginCredentials { email, password: read_password()? }),
        None => None,
    };
    let defaults = DeploymentPaths::find(&web, &args.frontend).await;
    let setup = DoctorSetup {
        frontend: args.frontend,
        backend: args.backend,
        mode: args.mode,
        login_path: args.login_path.unwrap_or(defaults.login),
        private_path: args.private_path.unwrap_or(defaults.guarded_page),
        cookie_name: args.cookie_name,
    };
    let examination = probe::examine(&setup, &web, credentials.as_ref(), &SystemClock).await;
    let report = DoctorReport::new(&setup, examination);
    if args.json {
        report.print_json()?;
    } else {
        report.print();
    }
    match report.error_count() {
        0 => Ok(()),
        1 => bail!("1 error"),
        errors => bail!("{errors} errors"),
    }
}

fn parse_path(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err("must begin with /".into()) }
}

fn read_password() -> anyhow::Result<SecretString> {
    match non_empty_variable(DOCTOR_PASSWORD.name) {
        Some(password) => Ok(password.into()),
        None if is_interactive() => prompt_for_password("Password: "),
        None => read_password_line(),
    }
}
