//! An HTTP client that behaves like a browser and records every response on the way.

mod certificate;
mod failure;
mod hop;

use std::{path::Path, time::Duration};

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use drawbridge_cookies::cookie_jar::CookieJar;
use drawbridge_core::{
    origin::Origin,
    tls::{Authorities, client_config, trusted_roots},
};
use reqwest::{
    Client, Method, Proxy, Request, RequestBuilder, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderValue, LOCATION},
    redirect::Policy,
    tls::TlsInfo,
};

pub(super) use self::{failure::RequestFailure, hop::Hop};

/// How many redirects are followed before the chain counts as endless.
const REDIRECTS_MAX: usize = 5;

const DOCTOR_RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// The client for all requests of one run.
pub(super) struct WebClient {
    client: Client,
    /// Whether requests go through a proxy, which then resolves the names.
    pub(super) is_proxied: bool,
}

/// The responses to one request and to the redirects that followed.
pub(super) struct RedirectChain {
    pub(super) first: Hop,
    pub(super) others: Vec<Hop>,
    /// Whether the last response still redirects.
    pub(super) is_endless: bool,
}

impl WebClient {
    pub(super) fn new(ca: Option<&Path>, proxy: Option<&str>) -> anyhow::Result<Self> {
        let mut roots = trusted_roots();
        if let Some(file) = ca {
            let authorities = Authorities::from_file(file).map_err(|reason| anyhow!("--ca {reason}"))?;
            roots.roots.extend(authorities.roots().roots);
        }
        let mut client = Client::builder()
            .tls_backend_preconfigured(client_config(roots))
            .tls_info(true)
            .redirect(Policy::none())
            .timeout(DOCTOR_RESPONSE_TIMEOUT)
            .no_proxy();
        if let Some(proxy) = proxy {
            let proxy = Proxy::all(proxy).map_err(|_| anyhow!("--proxy is not the URL of an HTTP proxy"))?;
            client = client.proxy(proxy);
        }
        Ok(Self {
            client: client.build().context("cannot create the HTTP client")?,
            is_proxied: proxy.is_some(),
        })
    }

    /// Starts building a request.
    pub(super) fn request(&self, method: Method, origin: &Origin, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{origin}{path}"))
    }

    /// Sends a request without following redirects. The response's body has not been read yet.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<(Hop, Response), RequestFailure> {
        let request = request.build().map_err(|error| RequestFailure::from_error(&error))?;
        self.execute(request).await
    }

    /// Sends a request and follows redirects, storing and sending cookies.
    pub(super) async fn follow(
        &self,
        request: RequestBuilder,
        mut jar: CookieJar,
        now: DateTime<Utc>,
    ) -> Result<RedirectChain, RequestFailure> {
        let request = request.build().map_err(|error| RequestFailure::from_error(&error))?;
        let (first, mut next) = self.step(request, &mut jar, now).await?;
        let mut others = Vec::new();
        for _ in 0..REDIRECTS_MAX {
            let Some(request) = next else { return Ok(RedirectChain { first, others, is_endless: false }) };
            let (hop, following) = self.step(request, &mut jar, now).await?;
            others.push(hop);
            next = following;
        }
        Ok(RedirectChain { first, others, is_endless: next.is_some() })
    }

    /// Sends one request of a chain. Also returns the request that its response asks for.
    async fn step(
        &self,
        mut request: Request,
        jar: &mut CookieJar,
        now: DateTime<Utc>,
    ) -> Result<(Hop, Option<Request>), RequestFailure> {
        request.headers_mut().remove(COOKIE);
        let target = Origin::parse(&request.url().origin().ascii_serialization()).ok();
        let cookies = target.and_then(|target| jar.header(&target, request.url().path()));
        if let Some(cookies) = cookies.and_then(|text| HeaderValue::from_str(&text).ok()) {
            request.headers_mut().insert(COOKIE, cookies);
        }
        let template = request.try_clone();
        let (hop, _) = self.execute(request).await?;
        if let Some(setter) = hop.origin() {
            for set_cookie in hop.set_cookies() {
                jar.apply(&set_cookie, &setter, hop.url.path(), now);
            }
        }
        let next = template.and_then(|request| redirected(request, &hop));
        Ok((hop, next))
    }

    async fn execute(&self, request: Request) -> Result<(Hop, Response), RequestFailure> {
        let sent_cookie_bytes = request.headers().get(COOKIE).map_or(0, HeaderValue::len);
        let url = request.url().clone();
        let response =
            self.client.execute(request).await.map_err(|error| RequestFailure::from_error(&error))?;
        let tls = response.extensions().get::<TlsInfo>();
        let hop = Hop {
            url,
            status: response.status(),
            headers: response.headers().clone(),
            certificate_expiry: tls.and_then(TlsInfo::peer_certificate).and_then(certificate::expiry),
            sent_cookie_bytes,
        };
        Ok((hop, response))
    }
}

/// The request that a redirect asks for. A password is never forwarded to another origin.
fn redirected(mut request: Request, hop: &Hop) -> Option<Request> {
    if !hop.status.is_redirection() {
        return None;
    }
    let target = hop.url.join(hop.header(LOCATION.as_str())?).ok()?;
    let is_get = *request.method() == Method::GET;
    let keeps_method = matches!(hop.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    if keeps_method && !is_get && target.origin() != hop.url.origin() {
        return None;
    }
    if !keeps_method && !is_get {
        *request.method_mut() = Method::GET;
        *request.body_mut() = None;
        request.headers_mut().remove(CONTENT_TYPE);
        request.headers_mut().remove(CONTENT_LENGTH);
    }
    *request.url_mut() = target;
    Some(request)
}

impl RedirectChain {
    /// All responses, in order.
    pub(super) fn hops(&self) -> impl Iterator<Item = &Hop> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The last response.
    pub(super) fn last(&self) -> &Hop {
        self.others.last().unwrap_or(&self.first)
    }
}
