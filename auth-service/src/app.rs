//! The application state, shared by all handlers.

use std::sync::Arc;

use actix_web::web::Bytes;
use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{clock::SharedClock, metrics::Metrics, origin::Origin, random::Random};
use drawbridge_database::{Connection, Database, DatabaseSource};
use drawbridge_http::{client_address::TrustedProxies, serve::StartError};
use drawbridge_verification::{CacheSizes, KeyRing, Tolerance, Verifier, user_cache::Delivery};

use crate::{
    breach_check::BreachCheck,
    config::Config,
    devices::Devices,
    discovery::Metadata,
    domain::{Actor, Holder, SecondFactorPolicy},
    error::Error,
    factor_secrets::FactorSecrets,
    frontends::Frontends,
    limits::Limits,
    mail::{MailFolder, MailJob, MailLinks, MailQueue, MailTransport, Notice},
    passkeys::Passkeys,
    password_hasher::PasswordHasher,
    pending_login::PendingLogins,
    proof_check::ProofCheck,
    relay::Relay,
    signing_keys::{KeyVault, TokenConfig, TokenSigner},
    storage::{self, CommitOutcome, NewEvent},
};

/// The name of the service in logs and errors.
pub(crate) const NAME: &str = "auth-service";

/// The parts of the service.
pub struct App {
    pub(crate) database: Database,
    pub(crate) cache: Option<Arc<dyn Delivery>>,
    pub(crate) relay: Relay,
    pub(crate) hasher: PasswordHasher,
    pub(crate) breach_check: Option<BreachCheck>,
    pub(crate) limits: Limits,
    pub(crate) signer: TokenSigner,
    pub(crate) verifier: Verifier,
    pub(crate) tokens: TokenConfig,
    /// The deployment's metadata as JSON.
    pub(crate) metadata: Bytes,
    pub(crate) cookie: SessionCookie,
    pub(crate) devices: Devices,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) proof_check: ProofCheck,
    pub(crate) frontends: Frontends,
    pub(crate) frontend_origin: Origin,
    /// Whether every client receives the token in the body (`TOKEN_IN_BODY`).
    pub(crate) token_in_body: bool,
    pub(crate) second_factor: SecondFactorPolicy,
    pub(crate) factor_secrets: FactorSecrets,
    pub(crate) pending_logins: PendingLogins,
    passkeys: Option<Passkeys>,
    /// The mail queue, unless the deployment cannot send mail.
    pub(crate) mail: Option<MailQueue>,
    /// The folder for mail that is stored instead of sent.
    pub(crate) mail_folder: Option<MailFolder>,
    pub(crate) links: Arc<MailLinks>,
    /// Whether an address must be confirmed before an account is created.
    pub(crate) verifies_addresses: bool,
    pub(crate) site_name: String,
    pub(crate) clock: SharedClock,
    pub(crate) random: Random,
}

impl App {
    /// Builds the parts of the service.
    pub(crate) fn new(
        config: &Config,
        database: Database,
        vault: Arc<KeyVault>,
        clock: SharedClock,
        metrics: &Metrics,
    ) -> Result<Self, StartError> {
        let cache = config.cache.clone().open_delivery(metrics);
        let secret = &config.master_secret;
        let hasher = PasswordHasher::new(config.passwords, secret).map_err(start_error)?;
        let breach_check =
            config.breach_check.as_ref().map(BreachCheck::new).transpose().map_err(start_error)?;
        Ok(Self {
            relay: Relay::new(database.clone(), cache.clone(), clock.clone(), metrics),
            hasher,
            breach_check,
            limits: Limits::new(config.limits, config.cache.server(), secret),
            signer: TokenSigner::new(vault, database.clone(), clock.clone(), &config.tokens),
            verifier: build_verifier(config, &database, &clock, metrics),
            tokens: config.tokens.clone(),
            metadata: Metadata::new(config).to_json().map_err(start_error)?,
            cookie: config.cookie.clone(),
            devices: Devices::new(secret, config.cookie.policy()),
            trusted_proxies: config.trusted_proxies.clone(),
            proof_check: ProofCheck::new(secret, config.web_frontend_keys.clone(), metrics),
            frontends: Frontends::new(secret, config.reserved_origins(), database.clone(), clock.clone()),
            frontend_origin: config.frontend_origin.clone(),
            token_in_body: config.token_in_body,
            second_factor: config.second_factor,
            factor_secrets: FactorSecrets::new(secret),
            pending_logins: PendingLogins::new(secret),
            passkeys: build_passkeys(config, &database)?,
            mail: config.mail.as_ref().map(|_| MailQueue::new(secret)),
            mail_folder: find_mail_folder(config),
            links: Arc::new(MailLinks::new(secret)),
            verifies_addresses: config.email_verification,
            site_name: config.site_name.clone(),
            random: Random,
            database,
            cache,
            clock,
        })
    }

    /// Commits a change together with its audit event, delivers the change to the cache, and wakes the mail worker if
    /// the event causes mail.
    ///
    /// # Errors
    /// The change was refused, or the database is unreachable.
    pub(crate) async fn commit<T, E>(
        &self,
        event: NewEvent,
        change: impl FnOnce(&mut Connection, &NewEvent) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Error>
    where
        T: CommitOutcome + Send + 'static,
        Error: From<E>,
    {
        let has_mail = event.has_mail();
        let outcome = self.relay.commit(move |c| change(c, &event).map_err(Error::from)).await?;
        if has_mail && let Some(mail) = &self.mail {
            mail.wake();
        }
        Ok(outcome)
    }

    /// Queues mail and wakes the mail worker.
    ///
    /// # Errors
    /// The deployment cannot send mail, or the database is unreachable.
    pub(crate) async fn queue_mail(&self, job: &MailJob) -> Result<(), Error> {
        let queue = self.mail_queue()?;
        let row = queue.build_row(job, self.clock.now());
        self.database.query(move |c| storage::insert_mail_job(c, &row)).await?;
        queue.wake();
        Ok(())
    }

    /// Adds mail to an audit event, if the deployment can send mail.
    pub(crate) fn with_mail(&self, event: NewEvent, job: &MailJob) -> NewEvent {
        event.with_mail(self.mail.as_ref().map(|queue| queue.build_row(job, self.clock.now())))
    }

    /// Adds a notice to the holder of the account to an audit event, if the deployment can send mail. It is queued only
    /// if the account's address is confirmed.
    pub(crate) fn with_notification(
        &self,
        event: NewEvent,
        actor: &Actor,
        holder: &Holder,
        notice: Notice,
    ) -> NewEvent {
        let build_row =
            |queue: &MailQueue| queue.build_row(&MailJob::notice(actor, holder, notice), self.clock.now());
        event.with_notices(self.mail.as_ref().map(build_row))
    }

    /// Requires that the deployment can send mail.
    ///
    /// # Errors
    /// The deployment cannot send mail.
    pub(crate) fn require_mail(&self) -> Result<(), Error> {
        self.mail_queue().map(|_| ())
    }

    fn mail_queue(&self) -> Result<&MailQueue, Error> {
        self.mail.as_ref().ok_or(Error::MailNotConfigured)
    }

    /// Requires that the deployment supports second factors.
    ///
    /// # Errors
    /// `SECOND_FACTOR` is `off`.
    pub(crate) fn require_second_factors(&self) -> Result<(), Error> {
        if self.second_factor.is_enabled() { Ok(()) } else { Err(Error::FactorNotPossible) }
    }

    /// The passkeys of the deployment.
    ///
    /// # Errors
    /// `SECOND_FACTOR` is `off`, or the topology does not allow passkeys.
    pub(crate) fn passkeys(&self) -> Result<&Passkeys, Error> {
        self.require_second_factors()?;
        self.passkeys.as_ref().ok_or(Error::FactorNotPossible)
    }
}

fn build_verifier(config: &Config, database: &Database, clock: &SharedClock, metrics: &Metrics) -> Verifier {
    let source = Arc::new(DatabaseSource::new(database.clone(), clock.clone()));
    let keys = KeyRing::new(source.clone(), config.tokens.parties.clone());
    // auth-service owns the data, so it verifies against the database and never against the cache.
    let cache = None;
    let token_bytes = CacheSizes::default().token_bytes;
    Verifier::new(keys, cache, source, clock.clone(), Tolerance::default(), token_bytes, metrics)
}

fn build_passkeys(config: &Config, database: &Database) -> Result<Option<Passkeys>, StartError> {
    let Some(relying_party) = &config.relying_party else { return Ok(None) };
    Passkeys::new(relying_party, &config.frontend_origin, &config.site_name, database.clone())
        .map(Some)
        .map_err(start_error)
}

fn find_mail_folder(config: &Config) -> Option<MailFolder> {
    match &config.mail.as_ref()?.transport {
        MailTransport::Folder(path) => Some(MailFolder::new(path)),
        MailTransport::Smtp(_) => None,
    }
}

fn start_error(error: impl ToString) -> StartError {
    StartError::dependency(NAME, error)
}
