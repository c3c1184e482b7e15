//! A deployment with people in it: a database, with or without Redis and auth-service.

use std::{cell::Cell, path::Path, process::Command, rc::Rc, sync::Arc, time::Duration};

use auth_service::{
    caller::Caller,
    config::TokenConfig,
    domain::EventKind,
    signing_keys::{KeyVault, TokenSigner},
    storage::{self, NewEvent},
};
use chrono::SubsecRound;
use drawbridge_core::{
    clock::{Clock, SystemClock, TestClock},
    metrics::Metrics,
    secret::MasterSecret,
    settings::{Reader, Timeouts},
};
use drawbridge_database::{Access, Connection, Database, DatabaseUrl};
use drawbridge_verification::token::TokenParties;
use secrecy::SecretString;
use tempfile::TempDir;
use tests::Redis;

use crate::{
    failure::{Failure, Result},
    http::Http,
    job::Callers,
    machine::{Core, Machine},
    population::Population,
    redis_calls::RedisCalls,
    seed,
    server::Server,
};

/// The frontend that the deployment is for; nobody listens there.
pub(crate) const FRONTEND: &str = "http://localhost:8080";

const MASTER_SECRET: &str = "the master secret of the benchmark";

/// People beyond those who are measured, whose sessions are there to be revoked.
const TO_BE_REVOKED: u32 = 100;

/// A deployment.
pub(crate) struct Deployment {
    pub(crate) people: Population,
    pub(crate) database_url: String,
    redis: Option<Redis>,
    auth: Option<Server>,
    signer: Arc<TokenSigner>,
    http: Rc<Http>,
    folder: TempDir,
    revoked: Cell<u32>,
}

impl Deployment {
    /// A database with `count` people, Redis, and auth-service.
    pub(crate) fn with_redis(http: Rc<Http>, count: u32) -> Result<Self> {
        let mut deployment = Self::without_redis(http, count)?;
        deployment.redis = Some(Redis::start());
        let auth = Server::start(
            "auth-service",
            &[],
            &deployment.settings(),
            (None, deployment.folder.path(), "/health/ready"),
        )?;
        deployment.auth = Some(auth);
        Ok(deployment)
    }

    /// A database with `count` people, and nothing else: each check asks it.
    pub(crate) fn without_redis(http: Rc<Http>, count: u32) -> Result<Self> {
        let database_url = tests::fresh_postgres_database();
        let url = DatabaseUrl::parse(&database_url).map_err(Failure::not_measured)?;
        let parties = TokenParties { issuer: FRONTEND.to_owned(), audience: FRONTEND.to_owned() };
        let tokens = TokenConfig::read(&mut Reader::new(&|_| None), parties);
        let secret = MasterSecret::parse(SecretString::from(MASTER_SECRET)).map_err(Failure::not_measured)?;
        let vault = Arc::new(KeyVault::new(&secret));
        let now = SystemClock.now();
        let people = Population::born_before(now, count);
        let mut connection = Connection::open(&url, Access::Own)?;
        let everybody = Population { count: count + TO_BE_REVOKED, ..people };
        seed::fill(&mut connection, &everybody, (&vault, &tokens, now))?;
        // All tokens are made in the same second, so that their answers have the same bytes.
        let clock = TestClock::at(now.trunc_subsecs(0));
        let database = Database::new(url, Access::Own, Timeouts::default(), &Metrics::new());
        let signer = Arc::new(TokenSigner::new(vault, database, clock, &tokens));
        let (folder, revoked) = (TempDir::new()?, Cell::new(0));
        Ok(Self { people, database_url, redis: None, auth: None, signer, http, folder, revoked })
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DATABASE_URL", self.database_url.clone()),
            ("REDIS_URL", self.redis.as_ref().map_or("memory:", Redis::url).to_owned()),
            ("MASTER_SECRET", MASTER_SECRET.to_owned()),
            ("FRONTEND_ORIGIN", FRONTEND.to_owned()),
            ("BCRYPT_COST", seed::BCRYPT_COST.to_string()),
        ]
    }

    /// One more verify-service with further settings, as soon as it is ready.
    pub(crate) fn start_verify_service(
        &self,
        core: Core,
        further: &[(&'static str, &str)],
    ) -> Result<Server> {
        let mut settings = self.settings();
        settings.extend(further.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Server::start("verify-service", &[], &settings, (core, self.folder(), "/health/ready"))
    }

    /// The same, a moment later: by then it has seen a watermark, and believes Redis.
    pub(crate) fn verify_service(&self, core: Core, further: &[(&'static str, &str)]) -> Result<Server> {
        let server = self.start_verify_service(core, further)?;
        std::thread::sleep(Duration::from_millis(300));
        Ok(server)
    }

    pub(crate) fn auth_service(&self) -> Result<&Server> {
        self.auth.as_ref().ok_or_else(|| Failure::not_measured("this deployment has no auth-service"))
    }

    /// web-frontend before this verify-service, with this `GUARD_MODE`.
    pub(crate) fn web_frontend(&self, verify: &Server, guard_mode: &str) -> Result<Server> {
        let mut settings = self.settings();
        settings.extend([
            ("AUTH_SERVICE_URL", self.auth_service()?.origin()),
            ("VERIFY_SERVICE_URL", verify.origin()),
            ("GUARD_MODE", guard_mode.to_owned()),
        ]);
        let server = Server::start("web-frontend", &[], &settings, (None, self.folder(), "/health/ready"))?;
        // By then it has seen a watermark.
        std::thread::sleep(Duration::from_millis(300));
        Ok(server)
    }

    /// The process of its Redis, if it is one of the benchmark's own.
    pub(crate) fn redis_process(&self) -> Option<&str> {
        Some(self.redis.as_ref()?.process()?.id())
    }

    pub(crate) fn redis_url(&self) -> &str {
        self.redis.as_ref().map_or("memory:", Redis::url)
    }

    pub(crate) fn redis_calls(&self) -> Result<RedisCalls> {
        RedisCalls::open(self.redis_url())
    }

    /// Binds Redis to a core, or leaves it to the system again.
    pub(crate) fn place_redis(&self, machine: &Machine, core: Core) -> Result<()> {
        let Some(process) = self.redis.as_ref().and_then(Redis::process) else { return Ok(()) };
        let cores = core.map_or_else(|| machine.cores.clone(), |core| vec![core]);
        let list: Vec<_> = cores.iter().map(ToString::to_string).collect();
        let done =
            Command::new("taskset").args(["-a", "-c", "-p", &list.join(","), process.id()]).output()?;
        if done.status.success() { Ok(()) } else { Err(Failure::not_measured("Redis cannot be bound")) }
    }

    /// Where files of the deployment go.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Tokens for these people, in a file.
    pub(crate) fn callers(&self, name: &str, numbers: &[u32]) -> Result<Callers> {
        let share = numbers.len().div_ceil(4).max(1);
        let issued = self.http.wait_for(async {
            let tasks: Vec<_> = numbers
                .chunks(share)
                .map(|part| tokio::spawn(issue(self.signer.clone(), self.people, part.to_vec())))
                .collect();
            let mut issued = Vec::with_capacity(numbers.len());
            for task in tasks {
                issued.extend(task.await.map_err(Failure::not_measured)??);
            }
            Ok::<_, Failure>(issued)
        })?;
        Callers::write(self.folder(), name, &issued)
    }

    /// Somebody whose session may be revoked: number and token.
    pub(crate) fn next_to_be_revoked(&self) -> Result<(u32, String)> {
        let next = self.revoked.get();
        if next == TO_BE_REVOKED {
            return Err(Failure::not_measured("nobody is left to be revoked"));
        }
        self.revoked.set(next + 1);
        let number = self.people.count + next;
        let issued = self.http.wait_for(issue(self.signer.clone(), self.people, vec![number]))?;
        issued.into_iter().next().ok_or_else(|| Failure::not_measured("no token"))
    }

    /// Ends a person's session.
    pub(crate) fn revoke(&self, number: u32) -> Result<()> {
        let url = DatabaseUrl::parse(&self.database_url).map_err(Failure::not_measured)?;
        let mut connection = Connection::open(&url, Access::Own)?;
        let (user, session) = (self.people.user(number)?, self.people.session(number)?);
        let now = SystemClock.now();
        let event = NewEvent::new(EventKind::SignedOut, &Caller::operator(), now).to(user).within(session);
        let ended = storage::end_session(&mut connection, user, session, now, &event)?;
        ended
            .map(|_| ())
            .ok_or_else(|| Failure::not_measured("the session that is to be revoked is not there"))
    }
}

async fn issue(
    signer: Arc<TokenSigner>,
    people: Population,
    numbers: Vec<u32>,
) -> Result<Vec<(u32, String)>> {
    let mut issued = Vec::with_capacity(numbers.len());
    for number in numbers {
        let token =
            signer.issue(people.user(number)?, people.session(number)?, people.sessions_end()).await?;
        issued.push((number, token.text));
    }
    Ok(issued)
}
