//! Redis, a database with people, and the services that the counted ones need.

use std::{
    env,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    http::{Answer, Http, Request},
    program::{Program, free_port, internal_port},
    service::Service,
};

const PASSWORD: &str = "correct horse battery staple";

/// The number of people whose tokens are verified, and the number of sessions that each of them has.
const PEOPLE: u32 = 10;
const SESSIONS_PER_PERSON: u32 = 40;

/// The number of sessions of the person whose token is verified again and again.
const USUAL_SESSIONS: u32 = 2;

/// The number of people without a session, who sign in one after another.
const NEWCOMERS: u32 = 300;

/// How long a service that is not counted may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A deployment in its own folder.
pub(crate) struct Fixture {
    settings: Vec<String>,
    redis_port: u16,
    people: Vec<Person>,
    /// Tokens that have not been used yet.
    new_tokens: Vec<String>,
    /// Logins that have not been sent yet.
    logins: Vec<Value>,
    auth: Option<Program>,
    auth_port: u16,
    verify: Option<(Program, u16)>,
    application: Option<(Program, u16)>,
    _redis: Program,
    folder: TempDir,
}

/// A person whose tokens are verified.
struct Person {
    id: String,
    token: String,
}

impl Fixture {
    /// Starts Redis and auth-service, creates the accounts and signs people in.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let redis_port = free_port()?;
        let redis = ["redis-server", "--bind", "127.0.0.1", "--save", "", "--port", &redis_port.to_string()];
        let redis = Program::start(&redis.map(str::to_owned), &[], folder.path().join("redis.log"))?;
        let mut fixture = Self {
            settings: settings(folder.path(), redis_port),
            redis_port,
            people: Vec::new(),
            new_tokens: Vec::new(),
            logins: Vec::new(),
            auth: None,
            auth_port: 0,
            verify: None,
            application: None,
            _redis: redis,
            folder,
        };
        let (auth, port) = fixture.start_service(Service::Auth)?;
        fixture.auth = Some(auth);
        fixture.auth_port = port;
        fixture.create_people(&mut Http::connect(port)?)?;
        Ok(fixture)
    }

    fn create_people(&mut self, http: &mut Http) -> anyhow::Result<()> {
        for number in 0..PEOPLE + NEWCOMERS {
            let credentials = credentials(number);
            http.expect(&Request::post_json("/api/register", &credentials), 201)?;
            if number >= PEOPLE {
                self.logins.push(credentials);
                continue;
            }
            let login = Request::post_json("/api/login", &credentials);
            let first = http.expect(&login, 200)?;
            self.people.push(Person { id: user_id(&first)?, token: first.token()? });
            let sessions = if number == 0 { USUAL_SESSIONS } else { SESSIONS_PER_PERSON };
            for _ in 1..sessions {
                self.new_tokens.push(http.expect(&login, 200)?.token()?);
            }
        }
        Ok(())
    }

    /// Starts or stops the services that run alongside the counted one.
    pub(crate) fn prepare_for(&mut self, service: Service) -> anyhow::Result<()> {
        match service {
            // The counted auth-service replaces the running one.
            Service::Auth => self.auth = None,
            Service::Guard | Service::Frontend if self.verify.is_none() => {
                self.verify = Some(self.start_service(Service::Verify)?);
            }
            _ => {}
        }
        if service == Service::Frontend && self.application.is_none() {
            self.application = Some(self.start_service(Service::Application)?);
        }
        Ok(())
    }

    /// Returns the command that starts a service, its port, and the port of its metrics.
    pub(crate) fn command(&self, service: Service, burn: u64) -> anyhow::Result<(Vec<String>, u16, u16)> {
        let port = free_port()?;
        let program = env::current_exe()?.with_file_name("counted-services").display().to_string();
        let mut command: Vec<_> = [&program, service.name(), "--burn", &burn.to_string()]
            .map(str::to_owned)
            .into_iter()
            .chain(self.settings.iter().cloned())
            .collect();
        command.push(format!("PORT={port}"));
        if let Some((_, verify)) = &self.verify {
            command.push(format!("VERIFY_SERVICE_URL=http://127.0.0.1:{verify}"));
        }
        if let Some((_, application)) = self.application.as_ref().filter(|_| service == Service::Frontend) {
            command.extend([
                format!("AUTH_SERVICE_URL=http://127.0.0.1:{}", self.auth_port),
                format!("APP_URL=http://127.0.0.1:{application}"),
                "GUARDED_PATHS=/page".to_owned(),
                "GUARD_MODE=embedded".to_owned(),
            ]);
        }
        let metrics_port = if service == Service::Guard { port } else { internal_port(port) };
        Ok((command, port, metrics_port))
    }

    /// The folder of the deployment.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The port of Redis.
    pub(crate) fn redis_port(&self) -> u16 {
        self.redis_port
    }

    /// One token of each person.
    pub(crate) fn known_tokens(&self) -> Vec<String> {
        self.people.iter().map(|person| person.token.clone()).collect()
    }

    /// The ID and a token of the person with the usual number of sessions.
    pub(crate) fn usual_person(&self) -> anyhow::Result<(String, String)> {
        let person = self.people.first().context("there are no people")?;
        Ok((person.id.clone(), person.token.clone()))
    }

    /// A token that has not been used yet.
    pub(crate) fn next_new_token(&mut self) -> anyhow::Result<String> {
        self.new_tokens.pop().context("no new token is left")
    }

    /// The login request of a person without a session.
    pub(crate) fn next_login(&mut self) -> anyhow::Result<Request<'static>> {
        let credentials = self.logins.pop().context("no person without a session is left")?;
        Ok(Request::post_json("/api/login", &credentials))
    }

    /// Starts a service without callgrind, and waits until it is ready.
    fn start_service(&self, service: Service) -> anyhow::Result<(Program, u16)> {
        let (command, port, _) = self.command(service, 0)?;
        let log = self.folder.path().join(format!("{}.log", service.name()));
        let program = Program::start(&command, &[], log)?;
        let started = Instant::now();
        let is_ready = || Http::connect(port)?.expect(&Request::get(service.readiness_path()), 200);
        while let Err(error) = is_ready() {
            if started.elapsed() > START_TIMEOUT {
                bail!("{} did not start: {error:#}\n{}", service.name(), program.log());
            }
            sleep(Duration::from_millis(20));
        }
        Ok((program, port))
    }
}

/// The settings of all services. Everything takes longer under callgrind, so the timeouts are generous.
fn settings(folder: &Path, redis_port: u16) -> Vec<String> {
    let database = format!("DATABASE_URL=sqlite://{}", folder.join("drawbridge.db").display());
    let redis = format!("REDIS_URL=redis://127.0.0.1:{redis_port}");
    let fixed = [
        "MASTER_SECRET=the master secret of the counted benchmark",
        "WEB_FRONTEND_KEY=dbw_Bench0000001_TheKeyOfTheBenchmarkTheKeyOfTheBenchmark0123jTONV",
        "FRONTEND_ORIGIN=http://localhost:8080",
        "CONNECT_TIMEOUT=30s",
        "ANSWER_TIMEOUT=30s",
        "LOGIN_LIMIT_NETWORK=1000000/1ms",
        "LOGIN_LIMIT_ACCOUNT=1000000/1ms",
        "REGISTER_LIMIT_NETWORK=1000000/1ms",
    ];
    [database, redis].into_iter().chain(fixed.map(str::to_owned)).collect()
}

fn credentials(number: u32) -> Value {
    // All addresses have the same length.
    json!({"email": format!("person-{number:04}@counts.example"), "password": PASSWORD})
}

fn user_id(answer: &Answer) -> anyhow::Result<String> {
    let body: Value = serde_json::from_str(&answer.body)?;
    let id = body.pointer("/data/user/id").and_then(Value::as_str);
    id.map(str::to_owned).context("the answer to a login has no user ID")
}
