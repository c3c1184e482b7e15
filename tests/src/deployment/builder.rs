use tempfile::TempDir;

use super::{
    Deployment, Layout,
    instance::{Instance, Settings},
    service::Service,
};
use crate::{
    MASTER_SECRET, NO_LIMIT, WEB_FRONTEND_KEY,
    mailbox::Mailbox,
    port::{free_port, free_ports},
    postgres::fresh_postgres_database,
    redis::Redis,
};

/// The name of the data folder of one process.
pub(super) const DATA: &str = "data";

/// The settings that limit how often a client may try a password or a code, or ask for an e-mail.
const LIMITS: [&str; 9] = [
    "LOGIN_LIMIT_ACCOUNT",
    "LOGIN_LIMIT_DEVICE",
    "LOGIN_LIMIT_NETWORK",
    "LOGIN_LIMIT_FRONTEND",
    "LOGIN_LIMIT_ALL",
    "REGISTER_LIMIT_NETWORK",
    "REGISTER_LIMIT_FRONTEND",
    "CODE_LIMIT",
    "MAIL_LIMIT_ADDRESS",
];

/// Describes a [`Deployment`] and starts it.
#[derive(Debug)]
#[must_use]
pub struct DeploymentBuilder {
    layout: Layout,
    services: Vec<Service>,
    verify_services: usize,
    database_url: Option<String>,
    redis: Option<Redis>,
    has_default_limits: bool,
    settings: Vec<Override>,
}

/// A setting of one service, or of all.
#[derive(Debug)]
struct Override {
    service: Option<Service>,
    name: &'static str,
    value: String,
}

impl Default for DeploymentBuilder {
    fn default() -> Self {
        Self {
            layout: Layout::default(),
            services: Service::ALL.to_vec(),
            verify_services: 1,
            database_url: None,
            redis: None,
            has_default_limits: false,
            settings: Vec::new(),
        }
    }
}

impl DeploymentBuilder {
    /// Sets how the services are distributed over processes.
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Starts everything in one process.
    pub fn one_process(self) -> Self {
        self.layout(Layout::OneProcess)
    }

    /// Starts only one of the services.
    pub fn only(mut self, service: Service) -> Self {
        self.services = vec![service];
        self
    }

    /// Starts several verify-services, all of which web-frontend knows.
    pub fn verify_services(mut self, count: usize) -> Self {
        self.verify_services = count;
        self
    }

    /// Uses this PostgreSQL database instead of a new one.
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.database_url = Some(url.into());
        self
    }

    /// Uses this Redis server instead of a new one.
    pub fn redis(mut self, redis: Redis) -> Self {
        self.redis = Some(redis);
        self
    }

    /// Sends e-mail to this server.
    pub fn mail(self, mailbox: &Mailbox) -> Self {
        self.setting_for(Service::Auth, "SMTP_URL", mailbox.url()).setting_for(
            Service::Auth,
            "MAIL_FROM",
            "no-reply@drawbridge.example",
        )
    }

    /// Keeps the rate limits that the services have by default. Without this, tests reach no limit.
    pub fn default_limits(mut self) -> Self {
        self.has_default_limits = true;
        self
    }

    /// Sets a variable for every service. `{verify}` in the value is replaced with the URL of verify-service.
    pub fn setting(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push(Override { service: None, name, value: value.into() });
        self
    }

    /// Sets a variable for one service. The last value of a variable counts.
    pub fn setting_for(mut self, service: Service, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push(Override { service: Some(service), name, value: value.into() });
        self
    }

    /// Starts the deployment and waits until every program accepts connections.
    #[expect(clippy::print_stdout, reason = "the output of a failed test shows which deployment failed")]
    pub fn start(self) -> Deployment {
        println!("deployment: {:?}", self.layout);
        match self.layout {
            Layout::OneProcess => self.start_one_process(),
            Layout::SeparateProcesses | Layout::EmbeddedGuard => self.start_separate_processes(),
        }
    }

    fn start_one_process(self) -> Deployment {
        assert!(self.database_url.is_none() && self.redis.is_none(), "one process has its own storage");
        let folder = TempDir::new().unwrap();
        let data = folder.path().join(DATA);
        let port = free_ports(3);
        let auth = format!("http://127.0.0.1:{}", port + 1);
        let mut settings = self.common_settings();
        for service in Service::ALL {
            self.apply(service, &format!("http://127.0.0.1:{}", port + 2), &mut settings);
        }
        let instance = Instance::start_all(port, &data, settings, folder.path());
        Deployment {
            frontend: format!("http://localhost:{port}"),
            auth,
            verify: format!("http://127.0.0.1:{}", port + 2),
            database_url: format!("sqlite://{}", data.join("drawbridge.db").display()),
            layout: self.layout,
            redis: None,
            instances: vec![instance],
            folder,
        }
    }

    fn start_separate_processes(mut self) -> Deployment {
        let database_url = self.database_url.take().unwrap_or_else(fresh_postgres_database);
        let redis = self.redis.take().unwrap_or_else(Redis::start);
        let [auth_port, frontend_port] = [free_port(), free_port()];
        let verify_ports: Vec<_> = (0..self.verify_services).map(|_| free_port()).collect();
        let url = |port: &u16| format!("http://127.0.0.1:{port}");
        let verify_urls: Vec<_> = verify_ports.iter().map(url).collect();
        let mut deployment = Deployment {
            frontend: format!("http://localhost:{frontend_port}"),
            auth: url(&auth_port),
            verify: verify_urls[0].clone(),
            database_url,
            layout: self.layout,
            redis: Some(redis),
            instances: Vec::new(),
            folder: TempDir::new().unwrap(),
        };
        for service in &self.services {
            let settings = self.settings_of(*service, &deployment, &verify_urls);
            let ports = match service {
                Service::Auth => &[auth_port][..],
                Service::Verify => &verify_ports,
                Service::Frontend => &[frontend_port],
            };
            for port in ports {
                let folder = deployment.folder.path();
                let instance = Instance::start_service(*service, *port, settings.clone(), folder);
                deployment.instances.push(instance);
            }
        }
        deployment
    }

    fn settings_of(&self, service: Service, deployment: &Deployment, verify_urls: &[String]) -> Settings {
        let mut settings = self.common_settings();
        settings.extend([
            ("DATABASE_URL", deployment.database_url.clone()),
            ("REDIS_URL", deployment.redis().url().to_owned()),
            ("WEB_FRONTEND_KEY", WEB_FRONTEND_KEY.to_owned()),
            ("FRONTEND_ORIGIN", deployment.frontend.clone()),
            ("AUTH_SERVICE_URL", deployment.auth.clone()),
            ("VERIFY_SERVICE_URL", verify_urls.join(",")),
        ]);
        // Only auth-service needs the secret that all keys are derived from.
        if service == Service::Auth {
            settings.insert("MASTER_SECRET", MASTER_SECRET.to_owned());
        }
        if self.layout == Layout::EmbeddedGuard {
            settings.insert("GUARD_MODE", "embedded".to_owned());
        }
        self.apply(service, &deployment.verify, &mut settings);
        settings
    }

    fn common_settings(&self) -> Settings {
        let mut settings = Settings::from([("BCRYPT_COST", "10".to_owned())]);
        if !self.has_default_limits {
            settings.extend(LIMITS.map(|name| (name, NO_LIMIT.to_owned())));
        }
        settings
    }

    fn apply(&self, service: Service, verify_url: &str, settings: &mut Settings) {
        let overrides = self.settings.iter();
        for change in overrides.filter(|change| change.service.is_none_or(|only| only == service)) {
            settings.insert(change.name, change.value.replace("{verify}", verify_url));
        }
    }
}
