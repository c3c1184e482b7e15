//! `drawbridge doctor`: whether browsers keep the session's cookie and bring it where it is needed, and
//! what to change first where they do not.

mod certificate;
mod engine;
mod finding;
mod judge;
mod probe;
mod report;
mod web;

use std::{
    io::{IsTerminal, stdin},
    path::PathBuf,
};

use anyhow::{Context, bail};
use clap::Args;
use drawbridge_cookies::topology::{CookieMode, CookiePolicy, Topology, TopologyError};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    origin::Origin,
    settings::environment,
};

use self::{probe::Account, report::Report, web::Web};

/// What is to be examined.
#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// Origin of the frontend, where people's pages and the guard are
    #[arg(long, value_name = "URL", value_parser = Origin::parse)]
    frontend: Origin,
    /// Origin of the backend that logs people in
    #[arg(long, value_name = "URL", value_parser = Origin::parse)]
    backend: Origin,
    /// Who sets the cookie: proxy (the frontend), shared (the backend, for both) or host (for itself)
    #[arg(long, default_value_t = CookieMode::Proxy)]
    mode: CookieMode,
    /// E-mail address to sign in with; the password is in `DOCTOR_PASSWORD`, asked for or read from
    /// standard input
    #[arg(long, value_name = "EMAIL")]
    login: Option<String>,
    /// Path that takes `{email, password}` as JSON
    #[arg(long, value_name = "PATH", default_value = "/api/login", value_parser = path)]
    login_path: String,
    /// Path on the frontend that is behind the guard
    #[arg(long, value_name = "PATH", default_value = "/private", value_parser = path)]
    private_path: String,
    /// Name of the session's cookie [default: told from what the login sets]
    #[arg(long, value_name = "NAME")]
    cookie_name: Option<String>,
    /// PEM file with an authority to trust besides the public ones
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// HTTP proxy through which everything is asked
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// The deployment under examination.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    frontend: Origin,
    backend: Origin,
    mode: CookieMode,
    login_path: String,
    private_path: String,
    cookie_name: Option<String>,
}

impl Setup {
    /// The cookie that Drawbridge would set here.
    fn policy(&self) -> Result<CookiePolicy, TopologyError> {
        let (frontend, backend) = (&self.frontend, Some(&self.backend));
        Topology { frontend, backend, mode: self.mode, name: self.cookie_name.as_deref() }.policy()
    }

    /// Where a page sends the login.
    fn login_origin(&self) -> &Origin {
        if self.mode == CookieMode::Proxy { &self.frontend } else { &self.backend }
    }

    /// Whether the guard is to see the cookie.
    fn has_guard(&self) -> bool {
        self.mode != CookieMode::Host || self.frontend.host() == self.backend.host()
    }
}

/// Examines, reports, and fails if there is a fault.
pub(crate) async fn run(args: DoctorArgs) -> anyhow::Result<()> {
    let web = Web::new(args.ca.as_deref(), args.proxy.as_deref())?;
    let account = match args.login {
        Some(email) => Some(Account { email, password: read_password()? }),
        None => None,
    };
    let setup = Setup {
        frontend: args.frontend,
        backend: args.backend,
        mode: args.mode,
        login_path: args.login_path,
        private_path: args.private_path,
        cookie_name: args.cookie_name,
    };
    let examined = probe::examine(&setup, &web, account.as_ref(), &|| SystemClock.now()).await;
    let report = Report::new(&setup, examined);
    if args.json {
        report.print_json()?;
    } else {
        report.print();
    }
    match report.errors() {
        0 => Ok(()),
        1 => bail!("1 fault"),
        faults => bail!("{faults} faults"),
    }
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err("must begin with /".into()) }
}

/// Never an argument, which every user of the machine could read.
fn read_password() -> anyhow::Result<String> {
    if let Some(password) = environment("DOCTOR_PASSWORD") {
        return Ok(password);
    }
    if stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").context("cannot read the password");
    }
    let mut line = String::new();
    stdin().read_line(&mut line).context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
