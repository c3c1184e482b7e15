//! What the handlers work with.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use actix_web::HttpRequest;
use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{clock::SharedClock, id::UserId, metrics::Metrics, random::Random};
use drawbridge_database::{Database, DatabaseSource};
use drawbridge_http::{
    client_address::TrustedProxies,
    proxy_identity::{PROXY_IDENTITY, ProxyIdentity},
    serve::StartError,
};
use drawbridge_verification::{CacheSizes, KeyRing, Tolerance, Verifier, user_cache::Delivery};

use crate::{
    breach_check::BreachCheck,
    caller::Caller,
    config::{Config, TokenConfig},
    devices::Devices,
    domain::{Email, Password},
    error::Error,
    limits::Limits,
    mail::{Folder, Links, MailJob, MailQueue, MailTransport, Notice},
    passkeys::Passkeys,
    password_hasher::PasswordHasher,
    relay::Relay,
    second_factors::Factors,
    signing_keys::{KeyVault, TokenSigner},
    storage::NewEvent,
};

pub(crate) const NAME: &str = "auth-service";

/// The parts of the service, shared by its threads.
pub struct App {
    pub(crate) database: Database,
    pub(crate) cache: Option<Arc<dyn Delivery>>,
    pub(crate) hasher: PasswordHasher,
    pub(crate) signer: TokenSigner,
    pub(crate) verifier: Verifier,
    pub(crate) relay: Relay,
    pub(crate) cookie: SessionCookie,
    pub(crate) tokens: TokenConfig,
    pub(crate) limits: Limits,
    pub(crate) devices: Devices,
    pub(crate) factors: Factors,
    pub(crate) passkeys: Option<Passkeys>,
    pub(crate) links: Arc<Links>,
    /// None where nothing here can send mail.
    pub(crate) mail: Option<MailQueue>,
    /// Where mails are kept instead of sent.
    pub(crate) mailbox: Option<Folder>,
    pub(crate) verifies_addresses: bool,
    pub(crate) breach_check: Option<BreachCheck>,
    pub(crate) site_name: String,
    pub(crate) clock: SharedClock,
    pub(crate) random: Random,
    token_in_body: bool,
    trusted_proxies: TrustedProxies,
    proxy_identity: ProxyIdentity,
}

impl App {
    /// Puts the parts together.
    pub(crate) fn new(
        config: &Config,
        database: Database,
        vault: Arc<KeyVault>,
        clock: SharedClock,
        metrics: &Metrics,
    ) -> Result<Self, StartError> {
        let refused = |error: &dyn std::fmt::Display| StartError::dependency(NAME, error);
        let cache = config.cache.clone().open_delivery(metrics);
        // The owner of the truth checks against it, never against the cache.
        let source = Arc::new(DatabaseSource::new(database.clone(), clock.clone()));
        let keys = KeyRing::new(source.clone(), config.tokens.parties.clone());
        let passkeys = config.relying_party.as_deref().map(|relying_party| {
            Passkeys::new(relying_party, &config.frontend_origin, &config.site_name, database.clone())
        });
        let breach_check = config.breach_check.as_ref().map(BreachCheck::new);
        let mailbox = config.mail.as_ref().and_then(|mail| match &mail.transport {
            MailTransport::Folder(path) => Some(Folder::new(path)),
            MailTransport::Smtp(_) => None,
        });
        Ok(Self {
            hasher: PasswordHasher::new(config.passwords, &config.master_secret)
                .map_err(|error| refused(&error))?,
            signer: TokenSigner::new(vault, database.clone(), clock.clone(), &config.tokens),
            verifier: Verifier::new(
                keys,
                None,
                source,
                clock.clone(),
                Tolerance::default(),
                CacheSizes::default().token_bytes,
                metrics,
            ),
            relay: Relay::new(database.clone(), cache.clone(), clock.clone(), metrics),
            cookie: config.cookie.clone(),
            tokens: config.tokens.clone(),
            limits: Limits::new(config.limits, config.cache.server(), &config.master_secret),
            devices: Devices::new(&config.master_secret, &config.cookie),
            factors: Factors::new(config.second_factor, &config.master_secret),
            passkeys: passkeys.transpose().map_err(|error| refused(&error))?,
            links: Arc::new(Links::new(&config.master_secret)),
            mail: config.mail.as_ref().map(|_| MailQueue::new(&config.master_secret)),
            mailbox,
            verifies_addresses: config.email_verification,
            breach_check: breach_check.transpose().map_err(|error| refused(&error))?,
            site_name: config.site_name.clone(),
            token_in_body: config.token_in_body,
            trusted_proxies: config.trusted_proxies.clone(),
            proxy_identity: ProxyIdentity::new(&config.master_secret),
            random: Random,
            database,
            cache,
            clock,
        })
    }

    /// Whether a request came through a proxy of this deployment.
    pub(crate) fn is_from_proxy(&self, request: &HttpRequest) -> bool {
        self.client_of_proxy(request).is_some()
    }

    /// Whether the client may have the token in the body: a proxy of this deployment, which sets
    /// the cookie on its own origin, or anybody where the operator wants it so.
    pub(crate) fn may_read_token(&self, request: &HttpRequest) -> bool {
        self.token_in_body || self.is_from_proxy(request)
    }

    /// The client that a request is from: the one that a proxy of this deployment speaks for, or else the
    /// one that it came from, behind whatever `TRUSTED_PROXIES` names.
    pub(crate) fn client_address(&self, request: &HttpRequest) -> IpAddr {
        let direct = || {
            let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
            self.trusted_proxies.client(peer, request.headers())
        };
        self.client_of_proxy(request).unwrap_or_else(direct)
    }

    /// The queue of mails.
    pub(crate) fn mail(&self) -> Result<&MailQueue, Error> {
        self.mail.as_ref().ok_or(Error::MailNotConfigured)
    }

    /// Tells the worker of this process that there is mail, if there is one.
    pub(crate) fn wake_mail(&self) {
        if let Some(mail) = &self.mail {
            mail.wake();
        }
    }

    /// An event of which the holder of the account is told by mail, where mail is sent.
    pub(crate) fn telling(
        &self,
        event: NewEvent,
        caller: &Caller,
        holder: (UserId, &str),
        notice: Notice,
    ) -> NewEvent {
        let now = self.clock.now();
        event.mailing(self.mail.as_ref().map(|mail| mail.row(&MailJob::notice(caller, holder, notice), now)))
    }

    /// Passkeys, where the deployment and its topology have them.
    pub(crate) fn passkeys(&self) -> Result<&Passkeys, Error> {
        self.factors.possible()?;
        self.passkeys.as_ref().ok_or(Error::FactorNotPossible)
    }

    /// Refuses a password that is easily guessed or known from a leak.
    pub(crate) async fn check_new_password(&self, password: &Password, email: &Email) -> Result<(), Error> {
        let judged = self.hasher.judge(password.clone(), Some(email.clone()), self.site_name.clone()).await?;
        if !judged.is_acceptable {
            return Err(Error::PasswordTooCommon);
        }
        match &self.breach_check {
            Some(check) if check.knows(password).await => Err(Error::PasswordLeaked),
            _ => Ok(()),
        }
    }

    /// The client that a proxy of this deployment speaks for, if one does.
    fn client_of_proxy(&self, request: &HttpRequest) -> Option<IpAddr> {
        let proof = request.headers().get(PROXY_IDENTITY)?.to_str().ok()?;
        self.proxy_identity.accept(proof, self.clock.now(), request.method().as_str(), request.path())
    }
}
