//! Checks whether the frontend and the backend can be reached: names, certificates, redirects to https, clocks and
//! public keys.

use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_cookies::topology::CookieMode;
use drawbridge_core::{clock::Clock, origin::Origin};
use reqwest::{Method, header::LOCATION};
use serde_json::Value;

use crate::doctor::{
    finding::{Finding, Severity},
    setup::DoctorSetup,
    web::{Hop, WebClient},
};

const CLOCK_SKEW_MAX: TimeDelta = TimeDelta::seconds(60);
const CERTIFICATE_VALIDITY_MIN: TimeDelta = TimeDelta::days(14);
const PUBLIC_KEYS_PATH: &str = "/.well-known/jwks.json";

/// The result of trying to reach one or both origins.
pub(super) struct Reach {
    /// Whether further checks make sense.
    pub(super) is_reachable: bool,
    pub(super) findings: Vec<Finding>,
}

/// Tries to reach the frontend and the backend.
pub(super) async fn check(setup: &DoctorSetup, web: &WebClient, clock: &dyn Clock) -> Reach {
    let Reach { mut is_reachable, mut findings } = check_origin(&setup.frontend, web, clock).await;
    if setup.frontend != setup.backend {
        let backend = check_origin(&setup.backend, web, clock).await;
        // In proxy mode, only the frontend's server has to reach the backend, which may be on a private network.
        let is_needed = setup.mode != CookieMode::Proxy;
        is_reachable &= backend.is_reachable || !is_needed;
        let severity = if backend.is_reachable || is_needed { Severity::Error } else { Severity::Note };
        findings.extend(backend.findings.into_iter().map(|finding| finding.at_most(severity)));
        if !backend.is_reachable {
            return Reach { is_reachable, findings };
        }
    }
    findings.extend(check_public_keys(&setup.backend, web).await);
    Reach { is_reachable, findings }
}

async fn check_origin(origin: &Origin, web: &WebClient, clock: &dyn Clock) -> Reach {
    let unreachable = |finding| Reach { is_reachable: false, findings: vec![finding] };
    if let Some(finding) = check_dns(origin, web).await {
        return unreachable(finding);
    }
    let hop = match web.send(web.request(Method::GET, origin, "/")).await {
        Ok((hop, _)) => hop,
        Err(failure) => return unreachable(failure.finding(&origin.to_string())),
    };
    let now = clock.now();
    let findings =
        [check_certificate(&hop, origin, now), check_clock(&hop, origin, now), check_http(origin, web).await];
    Reach { is_reachable: true, findings: findings.into_iter().flatten().collect() }
}

async fn check_dns(origin: &Origin, web: &WebClient) -> Option<Finding> {
    if web.is_proxied || origin.ip().is_some() {
        return None;
    }
    let found = tokio::net::lookup_host((origin.host(), origin.port())).await;
    let error = match found.map(|mut addresses| addresses.next()) {
        Ok(Some(_)) => return None,
        Ok(None) => "no address".to_owned(),
        Err(error) => error.to_string(),
    };
    let observation = format!("cannot be resolved: {error}");
    Some(Finding::error("dns_failed", origin, observation, "create the DNS record, or correct the name"))
}

fn check_certificate(hop: &Hop, origin: &Origin, now: DateTime<Utc>) -> Option<Finding> {
    let expiry = hop.certificate_expiry?;
    if expiry - now >= CERTIFICATE_VALIDITY_MIN {
        return None;
    }
    let observation = format!("has a certificate that expires on {}", expiry.format("%Y-%m-%d %H:%M UTC"));
    Some(Finding::warning("certificate_ends_soon", origin, observation, "set up automatic renewal"))
}

fn check_clock(hop: &Hop, origin: &Origin, now: DateTime<Utc>) -> Option<Finding> {
    let date = DateTime::parse_from_rfc2822(hop.header("date")?).ok()?;
    let skew = date.to_utc() - now;
    if skew.abs() <= CLOCK_SKEW_MAX {
        return None;
    }
    let seconds = skew.num_seconds().abs();
    let direction = if skew < TimeDelta::zero() { "behind" } else { "ahead of" };
    let observation = format!(
        "has a clock that is {seconds} s {direction} this machine's; cookies and tokens expire too early or are not \
         valid yet"
    );
    Some(Finding::error("clock_skew", origin, observation, "synchronize both clocks (NTP)"))
}

/// Checks whether plain http redirects to https.
async fn check_http(origin: &Origin, web: &WebClient) -> Option<Finding> {
    // https on any other port has no counterpart on http.
    if !origin.is_https() || origin.port() != 443 {
        return None;
    }
    let plain = Origin::parse(&format!("http://{}", origin.host())).ok()?;
    let (hop, _) = web.send(web.request(Method::GET, &plain, "/")).await.ok()?;
    let target = hop.header(LOCATION.as_str()).and_then(|target| hop.url.join(target).ok());
    let redirects_elsewhere =
        hop.status.is_redirection() && target.is_some_and(|target| target.scheme() != "https");
    if !hop.status.is_success() && !redirects_elsewhere {
        return None;
    }
    let observation = "is also served over plain http, where browsers send no Secure cookie and anyone on the network can read the \
         traffic";
    Some(Finding::error("http_not_redirected", plain, observation, format!("redirect it to {origin}")))
}

/// Checks the public keys, which a backend other than Drawbridge need not have.
async fn check_public_keys(backend: &Origin, web: &WebClient) -> Option<Finding> {
    let subject = format!("{backend}{PUBLIC_KEYS_PATH}");
    let (hop, response) = web.send(web.request(Method::GET, backend, PUBLIC_KEYS_PATH)).await.ok()?;
    if !hop.status.is_success() {
        let observation =
            format!("responds with {}, so other services cannot verify tokens themselves", hop.status);
        return Some(Finding::note("jwks_missing", subject, observation, ""));
    }
    let keys: Option<Value> = response.json().await.ok();
    let count = keys.as_ref().and_then(|keys| keys.get("keys")).and_then(Value::as_array).map(Vec::len);
    match count {
        Some(1..) => None,
        Some(0) => {
            let observation = "contains no key, so no token can be verified";
            Some(Finding::warning("jwks_empty", subject, observation, "create a signing key"))
        }
        // Some applications respond with 200 and a page to every path.
        None => Some(Finding::note("jwks_missing", subject, "is not a key set (RFC 7517)", "")),
    }
}
