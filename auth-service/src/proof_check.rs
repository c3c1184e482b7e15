//! The keys of web-frontend, and the metrics and log lines about proofs.

use actix_web::dev::ServiceRequest;
use chrono::{DateTime, Utc};
use drawbridge_core::{
    frontend_key::{FrontendKey, FrontendKeyKind, KeyId},
    metrics::{Metrics, ProofLabel},
    secret::MasterSecret,
    settings::{Reader, Setting},
};
use drawbridge_http::{problem::Problem, proxy_identity::ProxyIdentity};
use prometheus_client::metrics::counter::Counter;
use secrecy::{ExposeSecret, SecretString};

use crate::caller::Caller;

/// How many keys of web-frontend are accepted at the same time: one, and another while one replaces the other.
const WEB_FRONTEND_KEY_COUNT: usize = 2;

const TOKEN_IN_BODY: Setting = Setting::new(
    "TOKEN_IN_BODY",
    "Whether every client receives the session token in the response body, rather than only frontends that prove their \
     identity with a key. Enable it only for clients that can neither use cookies nor hold a key.",
);
const WEB_FRONTEND_KEY: Setting = Setting::new(
    "WEB_FRONTEND_KEY",
    "The key with which web-frontend proves its identity. While you replace the key, list the new and the old one.",
)
.values("key, or two separated by a comma");

/// Reads `TOKEN_IN_BODY`.
pub(crate) fn read_token_in_body(reader: &mut Reader) -> bool {
    reader.flag(TOKEN_IN_BODY, false)
}

/// Reads `WEB_FRONTEND_KEY[_FILE]`.
pub(crate) fn read_web_frontend_keys(reader: &mut Reader) -> Vec<FrontendKey> {
    reader.optional_secret(WEB_FRONTEND_KEY, parse_web_frontend_keys).unwrap_or_default()
}

fn parse_web_frontend_keys(text: SecretString) -> Result<Vec<FrontendKey>, String> {
    let parse = |key: &str| FrontendKey::parse_kind(key.trim().into(), FrontendKeyKind::WebFrontend);
    let keys = text.expose_secret().split(',').map(parse).collect::<Result<Vec<_>, _>>()?;
    if keys.len() > WEB_FRONTEND_KEY_COUNT {
        return Err(format!("must not contain more than {WEB_FRONTEND_KEY_COUNT} keys"));
    }
    Ok(keys)
}

/// Checks proofs.
pub(crate) struct ProofCheck {
    first_version: ProxyIdentity,
    web_frontend_keys: Vec<FrontendKey>,
    accepted: Counter,
    refused: Counter,
}

impl ProofCheck {
    pub(crate) fn new(master: &MasterSecret, web_frontend_keys: Vec<FrontendKey>, metrics: &Metrics) -> Self {
        let counter = |result| metrics.proxy_proofs.get_or_create_owned(&ProofLabel { result });
        Self {
            first_version: ProxyIdentity::new(master),
            web_frontend_keys,
            accepted: counter("accepted"),
            refused: counter("refused"),
        }
    }

    /// Counts and logs the result of a check. An outage is none.
    pub(crate) fn record(&self, checked: &Result<Caller, Problem>) {
        match checked {
            Ok(_) => self.accepted.inc(),
            Err(problem) if problem.status().is_client_error() => {
                let (code, detail) = (problem.code().as_str(), problem.detail());
                tracing::warn!(code, detail, "proof refused");
                self.refused.inc()
            }
            Err(_) => 0,
        };
    }

    /// The caller according to a proof of the first version. Without a valid one, a request counts as one without proof.
    pub(crate) fn check_first_version(
        &self,
        request: &ServiceRequest,
        proof: &str,
        now: DateTime<Utc>,
    ) -> Caller {
        let client = self.first_version.accept(proof, now, request.method().as_str(), request.path());
        let Some(address) = client else {
            self.refused.inc();
            return Caller::Direct;
        };
        self.accepted.inc();
        Caller::WebFrontend { address: Some(address) }
    }

    /// Finds the key of web-frontend with this ID.
    pub(crate) fn find_web_frontend_key(&self, id: &KeyId) -> Option<&FrontendKey> {
        self.web_frontend_keys.iter().find(|key| key.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_core::{random::Random, settings::fixed};

    use super::*;

    fn new_key(kind: FrontendKeyKind) -> String {
        FrontendKey::generate(Random, kind).expose().expose_secret().to_owned()
    }

    fn read(keys: &str) -> Result<usize, String> {
        let environment = fixed([("WEB_FRONTEND_KEY", keys)]);
        let mut reader = Reader::new(&environment);
        let keys = read_web_frontend_keys(&mut reader);
        reader.finish(Some(keys.len())).map_err(|errors| errors.to_string())
    }

    #[test]
    fn one_key_of_web_frontend_can_replace_another() {
        let [one, two, three] = [0; 3].map(|_| new_key(FrontendKeyKind::WebFrontend));

        assert_eq!(read(&one), Ok(1));
        assert_eq!(read(&format!("{one}, {two}")), Ok(2));
        assert!(read(&format!("{one},{two},{three}")).unwrap_err().contains("more than 2 keys"));
        assert!(read(&format!("{one},")).is_err());
    }

    #[test]
    fn only_keys_of_web_frontend_are_settings() {
        let error = read(&new_key(FrontendKeyKind::Frontend)).unwrap_err();

        assert!(error.contains("WEB_FRONTEND_KEY is the key of a registered frontend"), "{error}");
    }
}
