//! Requests as a browser would make them, with every answer on the way kept.

mod failure;
mod jar;

use std::{path::Path, time::Duration};

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use drawbridge_core::{
    origin::Origin,
    tls::{client_config, public_roots},
};
use reqwest::{
    Client, Method, Proxy, Request, RequestBuilder, Response, StatusCode, Url,
    header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE},
    redirect::Policy,
    tls::TlsInfo,
};
use rustls::pki_types::{CertificateDer, pem::PemObject};

pub(crate) use self::{failure::Failure, jar::Jar};
use super::certificate;

/// How many redirects are followed before they count as endless.
const REDIRECTS: usize = 5;

const WITHIN: Duration = Duration::from_secs(10);

/// The way to the deployment.
pub(crate) struct Web {
    client: Client,
    /// Whether names are looked up by somebody else.
    pub(crate) is_proxied: bool,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// When the server's certificate ends.
    pub(crate) certificate_end: Option<DateTime<Utc>>,
    /// How many bytes of cookies were brought.
    pub(crate) brought: usize,
}

/// The answers to one request and its redirects; never empty.
pub(crate) struct Visit {
    pub(crate) first: Hop,
    pub(crate) others: Vec<Hop>,
    /// Whether the last one redirects once more.
    pub(crate) is_endless: bool,
}

impl Web {
    pub(crate) fn new(ca: Option<&Path>, proxy: Option<&str>) -> anyhow::Result<Self> {
        let mut roots = public_roots();
        if let Some(file) = ca {
            let unreadable = || format!("cannot read certificates from {}", file.display());
            let mut found = 0;
            for certificate in CertificateDer::pem_file_iter(file).with_context(unreadable)? {
                roots.add(certificate.with_context(unreadable)?).with_context(unreadable)?;
                found += 1;
            }
            if found == 0 {
                return Err(anyhow!("{} has no certificate in it", file.display()));
            }
        }
        let mut client = Client::builder()
            .tls_backend_preconfigured(client_config(roots))
            .tls_info(true)
            .redirect(Policy::none())
            .timeout(WITHIN)
            .no_proxy();
        if let Some(proxy) = proxy {
            client = client
                .proxy(Proxy::all(proxy).map_err(|_| anyhow!("--proxy is not the URL of an HTTP proxy"))?);
        }
        Ok(Self { client: client.build().context("cannot make requests")?, is_proxied: proxy.is_some() })
    }

    /// The beginning of a request.
    pub(crate) fn request(&self, method: Method, origin: &Origin, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{origin}{path}"))
    }

    /// One answer, and its body still to be read.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<(Hop, Response), Failure> {
        let request = request.build().map_err(|error| Failure::of(&error))?;
        self.execute(request).await
    }

    async fn execute(&self, request: Request) -> Result<(Hop, Response), Failure> {
        let brought = request.headers().get(COOKIE).map_or(0, HeaderValue::len);
        let url = request.url().clone();
        let response = self.client.execute(request).await.map_err(|error| Failure::of(&error))?;
        let tls = response.extensions().get::<TlsInfo>();
        let hop = Hop {
            url,
            status: response.status(),
            headers: response.headers().clone(),
            certificate_end: tls.and_then(TlsInfo::peer_certificate).and_then(certificate::end),
            brought,
        };
        Ok((hop, response))
    }

    /// All answers up to one that is no redirect, with cookies kept on the way.
    pub(crate) async fn follow(
        &self,
        request: RequestBuilder,
        mut jar: Jar,
        now: DateTime<Utc>,
    ) -> Result<Visit, Failure> {
        let request = request.build().map_err(|error| Failure::of(&error))?;
        let (first, mut following) = self.step(request, &mut jar, now).await?;
        let mut others = Vec::new();
        for _ in 0..REDIRECTS {
            let Some(next) = following else { return Ok(Visit { first, others, is_endless: false }) };
            let (hop, next) = self.step(next, &mut jar, now).await?;
            others.push(hop);
            following = next;
        }
        Ok(Visit { first, others, is_endless: following.is_some() })
    }

    /// One answer, and the request that it asks for.
    async fn step(
        &self,
        mut request: Request,
        jar: &mut Jar,
        now: DateTime<Utc>,
    ) -> Result<(Hop, Option<Request>), Failure> {
        request.headers_mut().remove(COOKIE);
        let cookies = jar.header(request.url()).and_then(|text| HeaderValue::from_str(&text).ok());
        if let Some(cookies) = cookies {
            request.headers_mut().insert(COOKIE, cookies);
        }
        let again = request.try_clone();
        let (hop, _) = self.execute(request).await?;
        jar.keep(&hop, now);
        let following = again.and_then(|request| redirected(request, &hop));
        Ok((hop, following))
    }
}

/// The request to where an answer leads. A password is never handed on to another origin.
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

impl Hop {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The values of `Set-Cookie`.
    pub(crate) fn set_cookies(&self) -> Vec<String> {
        let values = self.headers.get_all(SET_COOKIE).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    }

    /// Where it was, without the query, which may carry a secret.
    pub(crate) fn place(&self) -> String {
        format!("{}{}", self.url.origin().ascii_serialization(), self.url.path())
    }

    /// Who answered.
    pub(crate) fn origin(&self) -> Option<Origin> {
        Origin::parse(&self.url.origin().ascii_serialization()).ok()
    }
}

impl Visit {
    /// All answers in turn.
    pub(crate) fn hops(&self) -> impl Iterator<Item = &Hop> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The last answer.
    pub(crate) fn last(&self) -> &Hop {
        self.others.last().unwrap_or(&self.first)
    }
}
