//! `drawbridge up`: all three services in one process.

use std::{
    env,
    net::Ipv4Addr,
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use clap::Args;
use drawbridge_core::{
    settings::{ConfigErrors, environment},
    telemetry::{self, LogConfig},
};
use drawbridge_http::{access_rules::RuleRow, serve};
use drawbridge_verification::user_cache::{CacheLocation, MemoryUserCache};
use web_frontend::app_detection::DetectedApp;

use crate::{
    data_folder::{DEFAULT_DATA_FOLDER, DataFolder},
    deployment::{TargetDeployment, non_empty_variable},
    output::print_line,
};

#[derive(Args, Clone)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct UpArgs {
    /// Port of web-frontend; auth-service and verify-service use the next two
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..=65533))]
    port: u16,
    /// Folder with the database and the secrets, created if it does not exist
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_FOLDER)]
    data: PathBuf,
    #[command(flatten)]
    front_door: FrontDoorArgs,
}

/// What is behind web-frontend. Each option replaces a setting.
#[derive(Args, Clone)]
struct FrontDoorArgs {
    /// The application behind Drawbridge, such as `http://localhost:3000` (`APP_URL`)
    #[arg(long, value_name = "URL")]
    app: Option<String>,
    /// Who may see which paths of the application, such as '/private/*' or '/admin/*=role:admin' (`GUARDED_PATHS`)
    #[arg(long, value_name = "RULE")]
    guard: Vec<String>,
    /// A server behind a path, such as '/backend=http://localhost:4000' (`UPSTREAMS`)
    #[arg(long, value_name = "PATH=URL")]
    backend: Vec<String>,
    /// What the application is built with: `next` or `other` (`APP_KIND`)
    #[arg(long, value_name = "KIND")]
    app_kind: Option<String>,
}

impl FrontDoorArgs {
    /// The value of a setting that an option replaces.
    fn get(&self, name: &str) -> Option<String> {
        let list = |options: &[String]| (!options.is_empty()).then(|| options.join(","));
        match name {
            "APP_URL" => self.app.clone(),
            "GUARDED_PATHS" => list(&self.guard),
            "UPSTREAMS" => list(&self.backend),
            "APP_KIND" => self.app_kind.clone(),
            _ => None,
        }
    }
}

/// Starts the services, prints their addresses, and serves until Ctrl-C.
pub(crate) async fn up(args: UpArgs) -> anyhow::Result<()> {
    let folder = DataFolder::ensure(&args.data)?;
    // A second process with its own cache would not learn of revocations in this one.
    let _lock = folder.lock()?;
    let ports = Ports::starting_at(args.port);
    let settings = UpSettings::new(ports, &folder, args.front_door)?;
    let configs = ServiceConfigs::read(&settings)?;
    let origin = configs.web.frontend_origin.to_string();
    let application = configs.web.upstreams.app.as_ref().map(|app| app.target.to_string());
    let access_rules = configs.web.access_rules.table();

    telemetry::start(&configs.auth.log);
    let servers = vec![
        auth_service::bind(configs.auth).await?,
        verify_service::bind(configs.verify)?,
        web_frontend::bind(configs.web)?,
    ];
    print_addresses(&settings, &origin, &args.data);
    print_access(application.as_deref(), &access_rules);
    print_line(format_args!("\nStop with Ctrl-C."));
    serve::run_all(servers).await?;
    TargetDeployment::in_folder(&args.data)?.query(|c| Ok(c.checkpoint()?)).await?;
    print_line(format_args!("Drawbridge is down."));
    Ok(())
}

#[derive(Clone, Copy)]
struct Ports {
    web: u16,
    auth: u16,
    verify: u16,
}

impl Ports {
    fn starting_at(web: u16) -> Self {
        Self { web, auth: web.saturating_add(1), verify: web.saturating_add(2) }
    }
}

/// The environment of the services: `up` determines some settings, and the others come from the environment of the
/// process.
struct UpSettings {
    ports: Ports,
    front_door: FrontDoorArgs,
    database_url: String,
    master_secret_file: String,
    web_frontend_key_file: String,
    /// Where e-mails are stored, unless a mail server is set.
    mailbox_url: Option<String>,
}

impl UpSettings {
    fn new(ports: Ports, folder: &DataFolder, front_door: FrontDoorArgs) -> anyhow::Result<Self> {
        let has_mail_server =
            non_empty_variable("SMTP_URL").or_else(|| non_empty_variable("SMTP_URL_FILE")).is_some();
        let mailbox = absolute(folder.mailbox())?;
        Ok(Self {
            ports,
            front_door,
            database_url: format!("sqlite://{}", absolute(folder.database())?.display()),
            master_secret_file: folder.master_secret().display().to_string(),
            web_frontend_key_file: folder.web_frontend_key().display().to_string(),
            mailbox_url: (!has_mail_server).then(|| format!("folder:{}", mailbox.display())),
        })
    }

    fn sends_mail(&self) -> bool {
        self.mailbox_url.is_none()
    }

    /// The value of a setting for the service that listens on `port`.
    fn get(&self, port: u16, name: &str) -> Option<String> {
        let Ports { web, auth, verify } = self.ports;
        match name {
            "PORT" => Some(port.to_string()),
            // The other two are for this machine only, and so is the mailbox.
            "BIND" if port != web => Some("127.0.0.1".into()),
            "DATABASE_URL" => Some(self.database_url.clone()),
            "REDIS_URL" => Some("memory:".into()),
            "DATABASE_URL_FILE" | "REDIS_URL_FILE" | "MASTER_SECRET" | "WEB_FRONTEND_KEY"
            | "INTERNAL_PORT" => None,
            "WEB_FRONTEND_KEY_FILE" => Some(self.web_frontend_key_file.clone()),
            "MASTER_SECRET_FILE" if port == web => None,
            "MASTER_SECRET_FILE" => Some(self.master_secret_file.clone()),
            "FRONTEND_ORIGIN" => non_empty_variable(name).or_else(|| Some(format!("http://localhost:{web}"))),
            "AUTH_SERVICE_URL" => Some(format!("http://127.0.0.1:{auth}")),
            "VERIFY_SERVICE_URL" => Some(format!("http://127.0.0.1:{verify}")),
            "SMTP_URL" if self.mailbox_url.is_some() => self.mailbox_url.clone(),
            // In a single process, verify in memory instead of over HTTP.
            "GUARD_MODE" => non_empty_variable(name).or_else(|| Some("embedded".into())),
            "LOG" => non_empty_variable(name).or_else(|| Some(LogConfig::filter("warn"))),
            _ => self.front_door.get(name).or_else(|| environment(name)),
        }
    }
}

struct ServiceConfigs {
    auth: auth_service::Config,
    verify: verify_service::Config,
    web: web_frontend::Config,
}

impl ServiceConfigs {
    /// Reads the configuration of each service. On failure, returns the errors of all of them.
    fn read(settings: &UpSettings) -> Result<Self, ConfigErrors> {
        let ports = settings.ports;
        let auth = auth_service::Config::read(&|name| settings.get(ports.auth, name));
        let verify = verify_service::Config::read(&|name| settings.get(ports.verify, name));
        let web = web_frontend::Config::read(&|name| settings.get(ports.web, name));
        match (auth, verify, web) {
            (Ok(auth), Ok(verify), Ok(mut web)) => {
                web.listen.internal_address = Ipv4Addr::LOCALHOST.into();
                web.app_detection.report = print_detected_app;
                Ok(Self { auth, verify, web }.with_one_cache())
            }
            (auth, verify, web) => {
                let errors = [auth.err(), verify.err(), web.err()];
                Err(ConfigErrors::merge(errors.into_iter().flatten()))
            }
        }
    }

    /// Replaces Redis: auth-service writes to the cache that the verifiers read.
    fn with_one_cache(mut self) -> Self {
        let cache = Arc::new(MemoryUserCache::new(self.verify.cache_sizes.record_bytes));
        self.auth.cache = CacheLocation::InProcess(cache.clone());
        self.verify.cache = CacheLocation::InProcess(cache.clone());
        self.web.cache = CacheLocation::InProcess(cache);
        self
    }
}

fn print_addresses(settings: &UpSettings, origin: &str, data: &Path) {
    let Ports { web, auth, verify } = settings.ports;
    let folder = env::current_dir().map_or_else(|_| data.to_owned(), |current| current.join(data));
    let mail = if settings.sends_mail() {
        "sent by the server in SMTP_URL".to_owned()
    } else {
        format!("kept, not sent: http://127.0.0.1:{auth}/mailbox")
    };
    let own_origin = format!("http://localhost:{web}");
    let listening =
        if origin == own_origin { String::new() } else { format!("  web-frontend    {own_origin}\n") };
    print_line(format_args!(
        "Drawbridge {} is up.\n\n  \
           Open            {origin}\n\
         {listening}  \
           auth-service    http://127.0.0.1:{auth}\n  \
           verify-service  http://127.0.0.1:{verify}\n  \
           mail            {mail}\n  \
           data            {}",
        env!("CARGO_PKG_VERSION"),
        folder.display(),
    ));
}

/// Prints the application and who may see which of its paths, in the order in which the rules are tried.
fn print_access(application: Option<&str>, rules: &[RuleRow]) {
    if let Some(application) = application {
        print_line(format_args!("  application     {application}"));
    }
    if rules.is_empty() {
        return;
    }
    print_line(format_args!("\nWho may see what (the first rule that matches decides):"));
    for rule in rules {
        let method = rule.method.map(|method| format!("{method} ")).unwrap_or_default();
        let host = rule.host.as_deref().unwrap_or_default();
        let requirement = rule.requirement.as_ref().map_or_else(|| "public".to_owned(), ToString::to_string);
        print_line(format_args!("  {:<30}  {requirement}", format!("{method}{host}{}", rule.path)));
    }
    print_line(format_args!("  {:<30}  public", "everything else"));
}

/// Prints what the application is built with, as soon as it is known.
fn print_detected_app(found: DetectedApp) {
    print_line(format_args!("\n{}.", capitalized(&found.to_string())));
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}
