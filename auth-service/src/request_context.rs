//! Determines, once for each request, where it comes from.

use std::{
    future::{Ready, ready},
    net::{IpAddr, Ipv4Addr},
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{ACCEPT_LANGUAGE, USER_AGENT},
    web,
};
use drawbridge_cookies::device_cookie::{self, DEVICE};
use drawbridge_http::{RequestId, cookie_fields, forwarded, token_headers};

use crate::{
    app::App,
    domain::{Actor, ActorKind, Device, Language},
    error::Error,
};

/// Where a request comes from, and the tokens sent with it.
pub(crate) struct RequestContext {
    /// The client, as audit events and mail jobs record it.
    pub(crate) actor: Actor,
    /// The client's address: the one named by a proxy of this deployment, or else the one from which the request
    /// reached the proxies in `TRUSTED_PROXIES`, or else the peer's.
    pub(crate) address: IpAddr,
    /// The client's device, if it sent a device cookie.
    pub(crate) device: Option<Device>,
    /// The session tokens sent with the request.
    pub(crate) tokens: Vec<String>,
    /// Whether the request was sent by a proxy of this deployment, which sets the cookies on its own origin.
    pub(crate) is_from_proxy: bool,
    /// Whether the response body may contain a token.
    pub(crate) may_read_token: bool,
}

impl RequestContext {
    fn new(app: &App, request: &HttpRequest) -> Self {
        let headers = request.headers();
        let named_by_proxy = app.proxy_check.client_address(request, app.clock.now());
        let is_from_proxy = named_by_proxy.is_some();
        let address = named_by_proxy.unwrap_or_else(|| direct_client(app, request));
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // A proxy of this deployment passes on what the browser sent. Other clients speak for themselves.
        let (user_agent, language, device) = if is_from_proxy {
            let device = text(DEVICE).map(str::to_owned);
            (text(forwarded::USER_AGENT), text(forwarded::LANGUAGE), device)
        } else {
            let device = device_cookie::read(cookie_fields(headers), app.devices.policy());
            (text(USER_AGENT.as_str()), text(ACCEPT_LANGUAGE.as_str()), device)
        };
        let actor = Actor {
            kind: ActorKind::Person,
            address: Some(address),
            user_agent: forwarded::user_agent(user_agent.unwrap_or_default()),
            request_id: RequestId::of(request).map_or_else(String::new, |id| id.as_str().to_owned()),
            language: language.and_then(Language::parse).unwrap_or_default(),
        };
        Self {
            actor,
            address,
            device: device.as_deref().and_then(Device::parse),
            tokens: app.cookie.tokens(&token_headers(headers)),
            is_from_proxy,
            may_read_token: is_from_proxy || app.token_in_body,
        }
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

/// The client of a request that was not sent by a proxy of this deployment.
fn direct_client(app: &App, request: &HttpRequest) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    app.trusted_proxies.client(peer, request.headers())
}
