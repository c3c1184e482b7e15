//! Determines which requests come from a proxy of this deployment and may therefore receive tokens in the response
//! body.

use std::net::IpAddr;

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use drawbridge_core::{
    metrics::{Metrics, ProofLabel},
    secret::MasterSecret,
    settings::{Reader, Setting},
};
use drawbridge_http::proxy_identity::{PROXY_IDENTITY, ProxyIdentity};
use prometheus_client::metrics::counter::Counter;

const TOKEN_IN_BODY: Setting = Setting::new(
    "TOKEN_IN_BODY",
    "Whether every client receives the session token in the response body, rather than only the proxies of this \
     deployment. Enable it only for clients that cannot use cookies.",
);

/// Reads `TOKEN_IN_BODY`.
pub(crate) fn read_token_in_body(reader: &mut Reader) -> bool {
    reader.flag(TOKEN_IN_BODY, false)
}

/// Checks proxy proofs.
pub(crate) struct ProxyCheck {
    identity: ProxyIdentity,
    accepted: Counter,
    refused: Counter,
}

impl ProxyCheck {
    pub(crate) fn new(master: &MasterSecret, metrics: &Metrics) -> Self {
        let counter = |result| metrics.proxy_proofs.get_or_create_owned(&ProofLabel { result });
        Self {
            identity: ProxyIdentity::new(master),
            accepted: counter("accepted"),
            refused: counter("refused"),
        }
    }

    /// The address of the client on whose behalf a proxy of this deployment sent the request, if one did.
    ///
    /// A proof expires, so check it once, when the request arrives.
    pub(crate) fn client_address(&self, request: &HttpRequest, now: DateTime<Utc>) -> Option<IpAddr> {
        let proof = request.headers().get(PROXY_IDENTITY)?;
        let client = proof
            .to_str()
            .ok()
            .and_then(|proof| self.identity.accept(proof, now, request.method().as_str(), request.path()));
        let counter = if client.is_some() { &self.accepted } else { &self.refused };
        counter.inc();
        client
    }
}
