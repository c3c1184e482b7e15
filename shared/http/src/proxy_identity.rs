//! Proofs, version 1: how a web-frontend that has the master secret proves to auth-service that it belongs to the
//! deployment, and for which client it sends a request. auth-service accepts them during this release, for upgrades;
//! [`crate::proof`] replaces them.

use std::net::IpAddr;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};

use drawbridge_core::secret::{KeyPurpose, MasterSecret};

/// The header with a proof of either version; in this version `v1.<unix seconds>.<HMAC-SHA-256>.<client address>`.
pub const PROXY_IDENTITY: &str = "x-drawbridge-proxy";

/// How far the clocks of proxy and service may differ.
const PROOF_MAX_AGE: TimeDelta = TimeDelta::seconds(30);

/// The key shared by proxy and service. A proof is bound to time, method, path and client address.
#[derive(Debug, Clone)]
pub struct ProxyIdentity(hmac::Key);

impl ProxyIdentity {
    /// The key of the deployment with this master secret.
    pub fn new(master: &MasterSecret) -> Self {
        Self(master.hmac_key(KeyPurpose::ProxyIdentity))
    }

    /// Creates the header value for a request on behalf of `client`.
    pub fn prove(&self, now: DateTime<Utc>, method: &str, path: &str, client: IpAddr) -> String {
        let seconds = now.timestamp();
        let tag = hmac::sign(&self.0, message(seconds, method, path, client).as_bytes());
        format!("v1.{seconds}.{}.{client}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Returns the client address in `proof` if a holder of the key created it for this request within the last
    /// 30 seconds.
    pub fn accept(&self, proof: &str, now: DateTime<Utc>, method: &str, path: &str) -> Option<IpAddr> {
        let mut parts = proof.splitn(4, '.');
        let version = parts.next()?;
        let (seconds, tag, client) = (parts.next()?, parts.next()?, parts.next()?);
        let seconds: i64 = seconds.parse().ok()?;
        let (tag, client) = (URL_SAFE_NO_PAD.decode(tag).ok()?, client.parse().ok()?);
        let fresh = seconds.abs_diff(now.timestamp()) <= PROOF_MAX_AGE.num_seconds().unsigned_abs();
        let signed = hmac::verify(&self.0, message(seconds, method, path, client).as_bytes(), &tag).is_ok();
        (version == "v1" && fresh && signed).then_some(client)
    }
}

fn message(seconds: i64, method: &str, path: &str, client: IpAddr) -> String {
    format!("v1\n{seconds}\n{method}\n{path}\n{client}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_bound_to_key_time_request_and_client() {
        let identity = |text: &str| ProxyIdentity::new(&MasterSecret::parse(text.to_owned().into()).unwrap());
        let ours = identity("0123456789abcdef0123456789abcdef");
        let theirs = identity("fedcba9876543210fedcba9876543210");
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for client in ["203.0.113.9", "2001:db8::1"] {
            let client: IpAddr = client.parse().unwrap();
            let proof = ours.prove(now, "POST", "/api/login", client);
            let at = |seconds| ours.accept(&proof, now + TimeDelta::seconds(seconds), "POST", "/api/login");
            let other_client = proof.replace(&client.to_string(), "198.51.100.1");
            for (case, accepted, expected) in [
                ("immediately", at(0), Some(client)),
                ("after 30 seconds", at(30), Some(client)),
                ("after 31 seconds", at(31), None),
                ("31 seconds early", at(-31), None),
                ("another path", ours.accept(&proof, now, "POST", "/api/refresh"), None),
                ("another key", theirs.accept(&proof, now, "POST", "/api/login"), None),
                ("another client", ours.accept(&other_client, now, "POST", "/api/login"), None),
            ] {
                assert_eq!(accepted, expected, "{case} for {client}");
            }
        }
        for forged in
            ["", "v1", "v1...", "v1.0..::1", "v2.1800000000.AA.::1", "v1.9223372036854775807.AA.::1"]
        {
            assert_eq!(ours.accept(forged, now, "POST", "/api/login"), None, "{forged:?}");
        }
    }
}
