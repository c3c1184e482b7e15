mod builder;
mod instance;
mod service;

use std::path::PathBuf;

use tempfile::TempDir;

use self::instance::Instance;
pub use self::{builder::DeploymentBuilder, service::Service};
use crate::{
    mailbox::Mailbox,
    port::free_port,
    process::Process,
    redis::Redis,
    visitor::{Visitor, credentials, register},
};

/// How the services are distributed over processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// Three programs with PostgreSQL and Redis.
    #[default]
    SeparateProcesses,
    /// Three programs with PostgreSQL and Redis; the guard in web-frontend verifies without asking verify-service.
    EmbeddedGuard,
    /// `drawbridge up`: one process with SQLite and an in-process cache.
    OneProcess,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 3] = [Self::OneProcess, Self::SeparateProcesses, Self::EmbeddedGuard];

    /// One layout for each database.
    pub const ON_EACH_DATABASE: [Self; 2] = [Self::OneProcess, Self::SeparateProcesses];
}

/// A running deployment of the real programs, which is stopped when it is dropped.
#[derive(Debug)]
pub struct Deployment {
    /// The origin of web-frontend.
    pub frontend: String,
    /// The URL of auth-service.
    pub auth: String,
    /// The URL of the first verify-service.
    pub verify: String,
    /// The URL of the database.
    pub database_url: String,
    /// How it is run.
    pub layout: Layout,
    redis: Option<Redis>,
    instances: Vec<Instance>,
    folder: TempDir,
}

impl Deployment {
    /// Describes a deployment. By default, it has three programs, PostgreSQL and Redis.
    pub fn builder() -> DeploymentBuilder {
        DeploymentBuilder::default()
    }

    /// Starts another verify-service, which web-frontend does not know, and returns its URL.
    pub fn add_verify_service(&mut self) -> String {
        let port = free_port();
        let settings = self.instance(Service::Verify).settings().clone();
        self.instances.push(Instance::start_service(Service::Verify, port, settings, self.folder.path()));
        format!("http://127.0.0.1:{port}")
    }

    /// Restarts the first process that runs the service, with the same port and settings, even if it is still running.
    pub fn restart(&mut self, service: Service) {
        let index = self.instances.iter().position(|instance| instance.runs(service)).unwrap();
        let restarted = self.instances.remove(index).restart();
        self.instances.insert(index, restarted);
    }

    /// Every process.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.instances.iter().map(Instance::process)
    }

    /// The first process that runs the service.
    pub fn process(&self, service: Service) -> &Process {
        self.instance(service).process()
    }

    /// The processes that run the service, in the order in which they were started.
    pub fn processes_of(&self, service: Service) -> Vec<&Process> {
        self.instances.iter().filter(|instance| instance.runs(service)).map(Instance::process).collect()
    }

    /// The URL of each program of the service.
    pub fn urls(&self, service: Service) -> Vec<String> {
        let instances = self.instances.iter().filter(|instance| instance.runs(service));
        instances.map(|instance| format!("http://127.0.0.1:{}", instance.port())).collect()
    }

    /// The internal URL of each program of the service, which serves its metrics.
    pub fn internal_urls(&self, service: Service) -> Vec<String> {
        let instances = self.instances.iter().filter(|instance| instance.runs(service));
        instances.map(|instance| format!("http://127.0.0.1:{}", instance.port() + 1000)).collect()
    }

    fn instance(&self, service: Service) -> &Instance {
        self.instances.iter().find(|instance| instance.runs(service)).unwrap()
    }

    /// Its Redis server.
    pub fn redis(&self) -> &Redis {
        self.redis.as_ref().unwrap()
    }

    /// Its Redis server, to restart it.
    pub fn redis_mut(&mut self) -> &mut Redis {
        self.redis.as_mut().unwrap()
    }

    /// The process of its Redis server; `None` if `REDIS_URL` names a server that the tests must not stop.
    pub fn redis_process(&self) -> Option<&Process> {
        self.redis.as_ref().and_then(Redis::process)
    }

    /// The data folder of [`Layout::OneProcess`].
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join(builder::DATA)
    }

    /// What all programs have logged so far.
    pub fn log(&self) -> String {
        self.processes().map(Process::log).collect()
    }

    /// Fails if a program has panicked.
    pub fn assert_no_panic(&self) {
        let log = self.log();
        assert!(!log.contains("panicked at") && !log.contains("stack backtrace"), "{log}");
    }

    /// Creates the account `name@example.com` and returns the address.
    pub async fn registered(&self, name: &str) -> String {
        let email = format!("{name}@example.com");
        register(&self.auth, &email).await;
        email
    }

    /// Like [`Self::registered`], for a deployment in which addresses must be confirmed by e-mail.
    pub async fn confirmed(&self, mailbox: &Mailbox, name: &str) -> String {
        let email = format!("{name}@example.com");
        let mut visitor = Visitor::new();
        let url = |path: &str| format!("{}{path}", self.auth);
        let body = credentials(&email, crate::PASSWORD);
        visitor.post_json(&url("/api/register"), &body).await.assert_status(202);
        let token = mailbox.next_to(&email).await.token("/confirm-address");
        let body = serde_json::json!({"token": token, "password": crate::PASSWORD});
        visitor.post_json(&url("/api/email/verify"), &body).await.assert_status(200);
        email
    }

    /// Creates the account `name@example.com` and returns a visitor who has signed in on the frontend.
    pub async fn signed_in(&self, name: &str) -> Visitor {
        let email = self.registered(name).await;
        let mut visitor = Visitor::new();
        visitor.log_in(&self.frontend, &email, crate::PASSWORD).await.assert_status(200);
        visitor
    }

    /// Runs SQL in the PostgreSQL database without the programs' knowledge, for example to move a timestamp.
    pub async fn execute(&self, sql: &str) {
        self.connect().await.batch_execute(sql).await.unwrap();
    }

    /// Runs a query that returns one number.
    pub async fn count(&self, sql: &str) -> i64 {
        self.connect().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Connects to the PostgreSQL database.
    pub async fn connect(&self) -> tokio_postgres::Client {
        let (client, connection) =
            tokio_postgres::connect(&self.database_url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}
