//! Determines, once for each request, where it comes from.

use std::{
    future::{Ready, ready},
    net::{IpAddr, Ipv4Addr},
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{ACCEPT_LANGUAGE, USER_AGENT},
    web,
};
use drawbridge_cookies::device_cookie::{self, DEVICE};
use drawbridge_core::audience::Audience;
use drawbridge_http::{RequestId, cookie_fields, forwarded, token_headers};
use drawbridge_verification::token::AcceptedTokens;

use crate::{
    app::App,
    caller::Caller,
    domain::{Actor, ActorKind, Device, FrontendName, Language},
    error::Error,
    limits::AttemptSource,
};

/// Where a request comes from, and the tokens sent with it.
pub(crate) struct RequestContext {
    /// The client, as audit events and mail jobs record it.
    pub(crate) actor: Actor,
    /// The program that sent the request.
    pub(crate) caller: Caller,
    /// Where attempts count as coming from: the client's address as named by a frontend, or else the one from which
    /// the request came, behind the proxies in `TRUSTED_PROXIES`.
    pub(crate) source: AttemptSource,
    /// The client's device, if it sent a device cookie.
    pub(crate) device: Option<Device>,
    /// The session tokens sent with the request.
    pub(crate) tokens: Vec<String>,
    /// Whether a frontend sent the request that proved itself. It sets the cookies on its own origin.
    pub(crate) is_from_proxy: bool,
    /// Whether the response body may contain a token.
    pub(crate) may_read_token: bool,
}

impl RequestContext {
    fn new(app: &App, request: &HttpRequest) -> Self {
        let headers = request.headers();
        let caller = request.extensions().get::<Caller>().cloned().unwrap_or_default();
        let is_from_proxy = caller.is_frontend();
        let source = attempt_source(app, request, &caller);
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // A frontend passes on what the browser sent. Other clients speak for themselves.
        let (user_agent, language, device) = if is_from_proxy {
            let device = text(DEVICE).map(str::to_owned);
            (text(forwarded::USER_AGENT), text(forwarded::LANGUAGE), device)
        } else {
            let device = device_cookie::read(cookie_fields(headers), app.devices.policy());
            (text(USER_AGENT.as_str()), text(ACCEPT_LANGUAGE.as_str()), device)
        };
        let actor = Actor {
            kind: ActorKind::Person,
            address: match source {
                AttemptSource::Client(address) => Some(address),
                AttemptSource::Frontend(_) => None,
            },
            user_agent: forwarded::user_agent(user_agent.unwrap_or_default()),
            request_id: RequestId::of(request).map_or_else(String::new, |id| id.as_str().to_owned()),
            language: language.and_then(Language::parse).unwrap_or_default(),
        };
        Self {
            actor,
            caller,
            source,
            device: device.as_deref().and_then(Device::parse),
            tokens: app.cookie.tokens(&token_headers(headers)),
            is_from_proxy,
            may_read_token: is_from_proxy || app.token_in_body,
        }
    }
}

impl RequestContext {
    /// The audience of the caller's session tokens, if it has one of its own.
    pub(crate) fn session_audience(&self) -> Option<&str> {
        self.caller.registered_frontend()?.audience.as_ref().map(Audience::as_str)
    }

    /// Returns true if the caller may exchange sessions for access tokens with this audience. web-frontend may do so
    /// for all upstreams that its settings name, unless the sessions of a frontend have the same audience.
    pub(crate) async fn may_exchange_for(&self, app: &App, audience: &Audience) -> Result<bool, Error> {
        // An access token with the audience of sessions would be taken for one.
        if audience.as_str() == app.tokens.parties.audience {
            return Ok(false);
        }
        Ok(match &self.caller {
            Caller::Direct => false,
            Caller::WebFrontend { .. } => !app.frontends.is_session_audience(audience).await?,
            Caller::Frontend(frontend) => frontend.audiences.contains(audience),
        })
    }

    /// The tokens that the caller's users can sign in with.
    pub(crate) fn accepted_tokens(&self, app: &App) -> AcceptedTokens<'_> {
        self.session_audience().map_or(AcceptedTokens::Session, |audience| {
            AcceptedTokens::sessions_at(audience, &app.tokens.parties.audience)
        })
    }
}

impl FromRequest for RequestContext {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<web::Data<App>>();
        let app = app.ok_or_else(|| Error::Internal("the application state is missing".into()));
        ready(app.map(|app| Self::new(app, request)))
    }
}

/// Where the attempts in a request come from.
fn attempt_source(app: &App, request: &HttpRequest, caller: &Caller) -> AttemptSource {
    let of_frontend = |name: &str, address: Option<IpAddr>| {
        address.map_or_else(|| AttemptSource::Frontend(name.to_owned()), AttemptSource::Client)
    };
    match caller {
        Caller::Direct => AttemptSource::Client(direct_client(app, request)),
        Caller::WebFrontend { address } => of_frontend(FrontendName::WEB_FRONTEND, *address),
        Caller::Frontend(frontend) => of_frontend(frontend.name.as_str(), frontend.address),
    }
}

/// The client of a request that no frontend sent.
fn direct_client(app: &App, request: &HttpRequest) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    app.trusted_proxies.client(peer, request.headers())
}
