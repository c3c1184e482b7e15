//! How a proxy of this deployment shows auth-service who it is, so that a token is handed to it in
//! the body and to nobody else.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};

use crate::secret::{MasterSecret, Purpose};

/// The header that carries the proof: `v1.<unix seconds>.<HMAC-SHA-256>`.
pub const PROXY_IDENTITY: &str = "x-drawbridge-proxy";

/// How far the clocks of proxy and service may be apart.
const MAX_AGE: TimeDelta = TimeDelta::seconds(30);

/// The key that proxy and service share. A proof is bound to time, method and path.
#[derive(Debug, Clone)]
pub struct ProxyIdentity(hmac::Key);

impl ProxyIdentity {
    /// The key of the deployment with this master secret.
    pub fn new(master: &MasterSecret) -> Self {
        Self(master.hmac_key(Purpose::ProxyIdentity))
    }

    /// The header's value for a request.
    pub fn prove(&self, now: DateTime<Utc>, method: &str, path: &str) -> String {
        let seconds = now.timestamp();
        let tag = hmac::sign(&self.0, message(seconds, method, path).as_bytes());
        format!("v1.{seconds}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Whether `proof` was made by a holder of the key, for this request, just now.
    pub fn accepts(&self, proof: &str, now: DateTime<Utc>, method: &str, path: &str) -> bool {
        let mut parts = proof.splitn(3, '.');
        let (Some("v1"), Some(seconds), Some(tag)) = (parts.next(), parts.next(), parts.next()) else {
            return false;
        };
        let (Ok(seconds), Ok(tag)) = (seconds.parse::<i64>(), URL_SAFE_NO_PAD.decode(tag)) else {
            return false;
        };
        let fresh = seconds.abs_diff(now.timestamp()) <= MAX_AGE.num_seconds().unsigned_abs();
        fresh && hmac::verify(&self.0, message(seconds, method, path).as_bytes(), &tag).is_ok()
    }
}

fn message(seconds: i64, method: &str, path: &str) -> String {
    format!("v1\n{seconds}\n{method}\n{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_its_key_time_and_request_alone() {
        let identity = |text: &str| ProxyIdentity::new(&MasterSecret::parse(text.to_owned().into()).unwrap());
        let ours = identity("0123456789abcdef0123456789abcdef");
        let theirs = identity("fedcba9876543210fedcba9876543210");
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let proof = ours.prove(now, "POST", "/api/login");

        assert!(ours.accepts(&proof, now, "POST", "/api/login"));
        assert!(ours.accepts(&proof, now + TimeDelta::seconds(30), "POST", "/api/login"));
        assert!(!ours.accepts(&proof, now + TimeDelta::seconds(31), "POST", "/api/login"));
        assert!(!ours.accepts(&proof, now - TimeDelta::seconds(31), "POST", "/api/login"));
        assert!(!ours.accepts(&proof, now, "POST", "/api/refresh"));
        assert!(!theirs.accepts(&proof, now, "POST", "/api/login"));
        for forged in ["", "v1", "v1..", "v1.0.", "v2.1800000000.AA", "v1.9223372036854775807.AA"] {
            assert!(!ours.accepts(forged, now, "POST", "/api/login"), "{forged}");
        }
    }
}
