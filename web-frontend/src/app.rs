//! What the handlers work with.

use std::sync::Arc;

use shared::{
    clock::SystemClock, origin::Origin, proxy_identity::ProxyIdentity, serve::StartError,
    session_cookie::SessionCookie,
};

use crate::{auth_client::AuthClient, config::Config, guard::Guard, page_sessions::PageSessions};

pub(crate) const NAME: &str = "web-frontend";

/// The parts of the service, shared by its threads.
pub struct App {
    pub(crate) auth: AuthClient,
    pub(crate) guard: Guard,
    pub(crate) cookie: SessionCookie,
    pub(crate) frontend_origin: Origin,
    pub(crate) page_sessions: PageSessions,
}

impl App {
    /// Puts the parts together. Nothing is connected yet.
    pub(crate) fn new(config: &Config) -> Result<Self, StartError> {
        let refused = |reason: String| StartError::dependency(NAME, reason);
        let identity = ProxyIdentity::new(&config.master_secret);
        let (auth_service, cookie) = (config.auth_service.clone(), config.cookie.clone());
        let auth = AuthClient::new(auth_service, identity, cookie, Arc::new(SystemClock));
        let guard = Guard::builder(config.frontend_origin.to_string())
            .verify_service(config.verify_service.to_string())
            .cookie_name(config.cookie.name());
        Ok(Self {
            auth: auth.map_err(|error| refused(error.to_string()))?,
            guard: guard.build().map_err(|error| refused(error.to_string()))?,
            cookie: config.cookie.clone(),
            frontend_origin: config.frontend_origin.clone(),
            page_sessions: PageSessions::open(config.redis.clone())
                .map_err(|error| refused(error.to_string()))?,
        })
    }
}
