//! Deployments with many users in the database, with or without Redis and auth-service.

use std::{path::Path, process::Command, rc::Rc, thread, time::Duration};

use tempfile::TempDir;
use tests::Redis;

use crate::{
    affinity::Affinity,
    error::{MeasurementError, Result},
    http_client::HttpClient,
    machine::Machine,
    population::Population,
    programs,
    redis_probe::RedisProbe,
    seed,
    seeded_database::{DEPLOYMENT_ORIGIN, DEPLOYMENT_SECRET, DEPLOYMENT_WEB_FRONTEND_KEY, SeededDatabase},
    server::{Program, ServerProcess, ServerStart},
    simulated_users::SimulatedUsers,
};

/// Setting that makes room for the tokens of all users.
pub(crate) const LARGE_TOKEN_CACHE: (&str, &str) = ("TOKEN_CACHE_MIB", "512");

/// Time that a verifier takes to read its first watermark. Until then, it does not trust Redis.
const FIRST_WATERMARK_DELAY: Duration = Duration::from_millis(300);

/// Where web-frontend verifies tokens: a value of `GUARD_MODE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageGuard {
    Remote,
    Embedded,
}

/// A deployment with many users in its database.
pub(crate) struct SeededDeployment {
    pub(crate) database: SeededDatabase,
    redis: Option<Redis>,
    auth_service: Option<ServerProcess>,
    folder: TempDir,
}

impl SeededDeployment {
    /// Creates a database with `users` users, and starts Redis and auth-service.
    pub(crate) fn with_redis(http: Rc<HttpClient>, users: u32) -> Result<Self> {
        let mut deployment = Self::without_redis(http, users)?;
        deployment.redis = Some(Redis::start());
        let auth_service =
            deployment.start_service("auth-service", &deployment.settings(), Affinity::AnyCore)?;
        deployment.auth_service = Some(auth_service);
        Ok(deployment)
    }

    /// Creates a database with `users` users and starts nothing. Verifiers query the database for each check.
    pub(crate) fn without_redis(http: Rc<HttpClient>, users: u32) -> Result<Self> {
        let database = SeededDatabase::create(http, users)?;
        Ok(Self { database, redis: None, auth_service: None, folder: TempDir::new()? })
    }

    /// Returns the users in the database.
    pub(crate) fn population(&self) -> &Population {
        &self.database.population
    }

    /// Starts another verify-service with additional settings and waits until it is ready.
    pub(crate) fn start_verify_service(
        &self,
        affinity: Affinity,
        additional: &[(&'static str, &str)],
    ) -> Result<ServerProcess> {
        let mut settings = self.settings();
        settings.extend(additional.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.start_service("verify-service", &settings, affinity)
    }

    /// Starts another verify-service and waits until it trusts Redis.
    pub(crate) fn start_settled_verify_service(
        &self,
        affinity: Affinity,
        additional: &[(&'static str, &str)],
    ) -> Result<ServerProcess> {
        let server = self.start_verify_service(affinity, additional)?;
        thread::sleep(FIRST_WATERMARK_DELAY);
        Ok(server)
    }

    /// Starts a web-frontend that uses `verifier`, and waits until it trusts Redis.
    pub(crate) fn start_web_frontend(
        &self,
        verifier: &ServerProcess,
        guard: PageGuard,
    ) -> Result<ServerProcess> {
        let guard_mode = match guard {
            PageGuard::Remote => "remote",
            PageGuard::Embedded => "embedded",
        };
        let mut settings = self.settings();
        settings.extend([
            ("AUTH_SERVICE_URL", self.auth_service()?.origin()),
            ("VERIFY_SERVICE_URL", verifier.origin()),
            ("GUARD_MODE", guard_mode.to_owned()),
        ]);
        let server = self.start_service("web-frontend", &settings, Affinity::AnyCore)?;
        thread::sleep(FIRST_WATERMARK_DELAY);
        Ok(server)
    }

    /// Starts a web-frontend with an embedded guard in front of `application`, whose paths are all guarded, and waits
    /// until it trusts Redis.
    pub(crate) fn start_proxy(
        &self,
        verifier: &ServerProcess,
        application: &ServerProcess,
        affinity: Affinity,
    ) -> Result<ServerProcess> {
        let mut settings = self.settings();
        settings.extend([
            ("AUTH_SERVICE_URL", self.auth_service()?.origin()),
            ("VERIFY_SERVICE_URL", verifier.origin()),
            ("GUARD_MODE", "embedded".to_owned()),
            ("APP_URL", application.origin()),
            ("GUARDED_PATHS", "/*".to_owned()),
        ]);
        let server = ServerProcess::start(&ServerStart {
            program: Program::Workspace("web-frontend"),
            arguments: &[],
            settings: &settings,
            affinity,
            log_folder: self.folder(),
            readiness_path: "/auth/health/ready",
        })?;
        thread::sleep(FIRST_WATERMARK_DELAY);
        Ok(server)
    }

    /// Returns auth-service, if the deployment has one.
    pub(crate) fn auth_service(&self) -> Result<&ServerProcess> {
        let missing = || MeasurementError::not_measured("the deployment has no auth-service");
        self.auth_service.as_ref().ok_or_else(missing)
    }

    /// Registers a frontend, unless an earlier row has, and returns a key of it.
    pub(crate) fn add_frontend(&self) -> Result<String> {
        let run = |arguments: &[&str]| -> Result<Option<String>> {
            let output = Command::new(programs::file("drawbridge")?)
                .arg("frontend")
                .args(arguments)
                .envs(self.settings())
                .output()?;
            let key = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            Ok(output.status.success().then_some(key))
        };
        let key = match run(&["add", "bench", "--origin", "https://bench.example.com"])? {
            None => run(&["rotate-key", "bench"])?,
            key => key,
        };
        key.ok_or_else(|| MeasurementError::not_measured("no frontend can be registered"))
    }

    /// Returns the process ID of Redis, if the benchmark started it.
    pub(crate) fn redis_pid(&self) -> Option<&str> {
        Some(self.redis.as_ref()?.process()?.id())
    }

    /// Returns `REDIS_URL` of the deployment.
    pub(crate) fn redis_url(&self) -> &str {
        self.redis.as_ref().map_or("memory:", Redis::url)
    }

    /// Connects to Redis.
    pub(crate) fn redis_probe(&self) -> Result<RedisProbe> {
        RedisProbe::connect(self.redis_url())
    }

    /// Pins Redis to a core, or lets it run on all of them.
    pub(crate) fn pin_redis(&self, machine: &Machine, affinity: Affinity) -> Result<()> {
        let Some(pid) = self.redis_pid() else { return Ok(()) };
        let cores = match affinity {
            Affinity::AnyCore => machine.cores.clone(),
            Affinity::Core(core) => vec![core],
        };
        let cores: Vec<_> = cores.iter().map(ToString::to_string).collect();
        let output = Command::new("taskset").args(["-a", "-c", "-p", &cores.join(","), pid]).output()?;
        if !output.status.success() {
            return Err(MeasurementError::not_measured("taskset cannot pin Redis"));
        }
        Ok(())
    }

    /// Folder for files of the deployment.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Issues a token for each user, and writes users and tokens to the file `name`.
    pub(crate) fn write_users(&self, name: &str, numbers: &[u32]) -> Result<SimulatedUsers> {
        SimulatedUsers::write(self.folder(), name, &self.database.tokens.issue_all(numbers)?)
    }

    /// Writes a file with one user, who is neither the first nor the last in the database.
    pub(crate) fn write_single_user(&self, name: &str) -> Result<SimulatedUsers> {
        self.write_users(name, &[self.population().count / 2])
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DATABASE_URL", self.database.url.clone()),
            ("REDIS_URL", self.redis_url().to_owned()),
            ("MASTER_SECRET", DEPLOYMENT_SECRET.to_owned()),
            ("WEB_FRONTEND_KEY", DEPLOYMENT_WEB_FRONTEND_KEY.to_owned()),
            ("FRONTEND_ORIGIN", DEPLOYMENT_ORIGIN.to_owned()),
            ("BCRYPT_COST", seed::SEEDED_HASH_COST.to_string()),
        ]
    }

    fn start_service(
        &self,
        program: &str,
        settings: &[(&str, String)],
        affinity: Affinity,
    ) -> Result<ServerProcess> {
        ServerProcess::start(&ServerStart {
            program: Program::Workspace(program),
            arguments: &[],
            settings,
            affinity,
            log_folder: self.folder(),
            readiness_path: "/health/ready",
        })
    }
}
