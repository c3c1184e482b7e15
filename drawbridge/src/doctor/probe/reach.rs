//! Whether the two are there: names, TLS and its dates, http that leads to https, clocks, keys.

use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_cookies::topology::CookieMode;
use drawbridge_core::origin::Origin;
use reqwest::{Method, header::LOCATION};
use serde_json::Value;

use super::Now;
use crate::doctor::{
    Setup,
    finding::{Finding, Severity},
    web::{Hop, Web},
};

const SKEW_MAX: TimeDelta = TimeDelta::seconds(60);
const CERTIFICATE_MIN: TimeDelta = TimeDelta::days(14);
const KEYS_PATH: &str = "/.well-known/jwks.json";

/// Whether the rest can be examined, and what was found.
pub(super) async fn check(setup: &Setup, web: &Web, now: Now<'_>) -> (bool, Vec<Finding>) {
    let (mut there, mut findings) = origin(&setup.frontend, web, now).await;
    if setup.frontend != setup.backend {
        let (is_there, found) = origin(&setup.backend, web, now).await;
        // Behind a proxy, the backend is the frontend's business; it may be out of reach from here.
        let is_needed = setup.mode != CookieMode::Proxy;
        there &= is_there || !is_needed;
        let most = if is_there || is_needed { Severity::Error } else { Severity::Note };
        findings.extend(found.into_iter().map(|finding| finding.at_most(most)));
        if !is_there {
            return (there, findings);
        }
    }
    findings.extend(keys(&setup.backend, web).await);
    (there, findings)
}

async fn origin(origin: &Origin, web: &Web, now: Now<'_>) -> (bool, Vec<Finding>) {
    if let Some(finding) = look_up(origin, web).await {
        return (false, vec![finding]);
    }
    let hop = match web.send(web.request(Method::GET, origin, "/")).await {
        Ok((hop, _)) => hop,
        Err(failure) => return (false, vec![failure.finding(&origin.to_string())]),
    };
    let findings = [certificate(&hop, origin, now()), clock(&hop, origin, now()), plain(origin, web).await];
    (true, findings.into_iter().flatten().collect())
}

async fn look_up(origin: &Origin, web: &Web) -> Option<Finding> {
    if web.is_proxied || origin.ip().is_some() {
        return None;
    }
    let found = tokio::net::lookup_host((origin.host(), origin.port())).await;
    let error = match found.map(|mut addresses| addresses.next()) {
        Ok(Some(_)) => return None,
        Ok(None) => "no address".to_owned(),
        Err(error) => error.to_string(),
    };
    let what = format!("{} is not known to DNS: {error}", origin.host());
    Some(Finding::error("dns_failed", origin, what, "add the record, or correct the name"))
}

fn certificate(hop: &Hop, origin: &Origin, now: DateTime<Utc>) -> Option<Finding> {
    let end = hop.certificate_end?;
    (end - now < CERTIFICATE_MIN).then(|| {
        let what = format!("the certificate ends on {}", end.format("%Y-%m-%d %H:%M UTC"));
        Finding::warning("certificate_ends_soon", origin, what, "see to it that it is renewed by itself")
    })
}

fn clock(hop: &Hop, origin: &Origin, now: DateTime<Utc>) -> Option<Finding> {
    let date = DateTime::parse_from_rfc2822(hop.header("date")?).ok()?;
    let skew = date.to_utc() - now;
    (skew.abs() > SKEW_MAX).then(|| {
        let (seconds, way) =
            (skew.num_seconds().abs(), if skew < TimeDelta::zero() { "behind" } else { "ahead" });
        let what = format!(
            "its clock is {seconds} s {way} of this machine's; cookies and tokens end too early or \
            are not good yet"
        );
        Finding::error("clock_skew", origin, what, "keep the clocks in time (NTP) on both")
    })
}

/// Whether plain http leads to https.
async fn plain(origin: &Origin, web: &Web) -> Option<Finding> {
    // On another port than its own, https has no plain sister.
    if !origin.is_https() || origin.port() != 443 {
        return None;
    }
    let plain = Origin::parse(&format!("http://{}", origin.host())).ok()?;
    let (hop, _) = web.send(web.request(Method::GET, &plain, "/")).await.ok()?;
    let target = hop.header(LOCATION.as_str()).and_then(|target| hop.url.join(target).ok());
    let is_served = hop.status.is_success()
        || (hop.status.is_redirection() && target.is_some_and(|target| target.scheme() != "https"));
    is_served.then(|| {
        let what = "is served over plain http, too: there browsers bring no Secure cookie, and anybody on the \
                    way reads the rest";
        Finding::error("http_not_redirected", plain, what, format!("redirect it to {origin}"))
    })
}

/// Public keys are no must: any backend will do.
async fn keys(backend: &Origin, web: &Web) -> Option<Finding> {
    let subject = format!("{backend}{KEYS_PATH}");
    let (hop, response) = web.send(web.request(Method::GET, backend, KEYS_PATH)).await.ok()?;
    if !hop.status.is_success() {
        let what = format!("no public keys here ({}); others cannot check tokens by themselves", hop.status);
        return Some(Finding::note("jwks_missing", subject, what, ""));
    }
    let keys: Option<Value> = response.json().await.ok();
    let count = keys.as_ref().and_then(|keys| keys.get("keys")).and_then(Value::as_array).map(Vec::len);
    match count {
        Some(1..) => None,
        Some(0) => {
            let what = "has no key; no token can be checked";
            Some(Finding::warning("jwks_empty", subject, what, "make a signing key"))
        }
        // A page of an application that answers 200 to everything.
        None => Some(Finding::note("jwks_missing", subject, "is no key set (RFC 7517)", "")),
    }
}
