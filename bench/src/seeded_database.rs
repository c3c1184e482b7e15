//! Databases with many users.

use std::{cell::Cell, rc::Rc, sync::Arc};

use auth_service::{
    domain::{Actor, EventKind},
    signing_keys::{KeyVault, TokenConfig, TokenSigner},
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

use crate::{
    error::{MeasurementError, Result},
    http_client::HttpClient,
    population::Population,
    seed,
    simulated_users::SimulatedUser,
    token_issuer::TokenIssuer,
};

/// `FRONTEND_ORIGIN` of the deployments. No server listens there.
pub(crate) const DEPLOYMENT_ORIGIN: &str = "http://localhost:8080";

/// `MASTER_SECRET` of the deployments.
pub(crate) const DEPLOYMENT_SECRET: &str = "the master secret of the benchmark";

/// `WEB_FRONTEND_KEY` of the deployments.
pub(crate) const DEPLOYMENT_WEB_FRONTEND_KEY: &str =
    "dbw_Bench0000001_TheKeyOfTheBenchmarkTheKeyOfTheBenchmark0123jTONV";

/// Number of additional users, whose sessions can be revoked.
const REVOCABLE_USERS: u32 = 100;

/// A PostgreSQL database with many users.
pub(crate) struct SeededDatabase {
    pub(crate) url: String,
    pub(crate) population: Population,
    pub(crate) tokens: TokenIssuer,
    revoked_users: Cell<u32>,
}

impl SeededDatabase {
    /// Creates a database with `users` users.
    pub(crate) fn create(http: Rc<HttpClient>, users: u32) -> Result<Self> {
        let url = tests::fresh_postgres_database();
        let parsed_url = DatabaseUrl::parse(&url).map_err(MeasurementError::not_measured)?;
        let parties = TokenParties::for_origin(DEPLOYMENT_ORIGIN);
        let config = TokenConfig::read(&mut Reader::new(&|_| None), parties);
        let secret = MasterSecret::parse(SecretString::from(DEPLOYMENT_SECRET));
        let vault = Arc::new(KeyVault::new(&secret.map_err(MeasurementError::not_measured)?));
        let now = SystemClock.now();
        let population = Population::registered_before(now, users);

        let mut connection = Connection::open(&parsed_url, Access::Own)?;
        let all_users = Population { count: users + REVOCABLE_USERS, ..population };
        seed::fill(&mut connection, &all_users, &vault, &config, now)?;

        // All tokens are issued in the same second, so that the responses to them have the same bytes.
        let clock = TestClock::at(now.trunc_subsecs(0));
        let database = Database::new(parsed_url, Access::Own, Timeouts::default(), &Metrics::new());
        let signer = TokenSigner::new(vault, database, clock, &config);
        let tokens = TokenIssuer::new(signer, population, http);
        Ok(Self { url, population, tokens, revoked_users: Cell::new(0) })
    }

    /// Returns a user whose session may be revoked. Each call returns a different one.
    pub(crate) fn next_revocable_user(&self) -> Result<SimulatedUser> {
        let next = self.revoked_users.get();
        if next == REVOCABLE_USERS {
            return Err(MeasurementError::not_measured("no users are left whose sessions may be revoked"));
        }
        self.revoked_users.set(next + 1);
        self.tokens.issue(self.population.count + next)
    }

    /// Revokes a user's session in the database. The relay of auth-service delivers the change to verifiers.
    pub(crate) fn revoke_session(&self, user: &SimulatedUser) -> Result<()> {
        let url = DatabaseUrl::parse(&self.url).map_err(MeasurementError::not_measured)?;
        let mut connection = Connection::open(&url, Access::Own)?;
        let session_id = self.population.session(user.number)?;
        let user_id = self.population.user(user.number)?;
        let now = SystemClock.now();
        let event =
            NewEvent::new(EventKind::SignedOut, &Actor::operator(), now).to(user_id).within(session_id);
        let change = storage::end_session(&mut connection, user_id, session_id, now, &event)?;
        let missing = || MeasurementError::not_measured("the session to revoke does not exist");
        change.map(drop).ok_or_else(missing)
    }
}
