//! Reports upstreams whose certificates are not trusted, at start instead of at the first request.

use std::{sync::Arc, time::Duration};

use drawbridge_core::tls::{client_config, find_tls_error};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Upstream, clients::roots};

/// Opens a TLS connection to an upstream with https, and logs an error if its certificate is not trusted. An upstream
/// that cannot be reached may start later.
pub(super) async fn report_untrusted_certificate(upstream: Upstream, timeout: Duration) {
    if upstream.target.scheme() != "https" {
        return;
    }
    let handshake = tokio::time::timeout(timeout, shake_hands(&upstream)).await;
    if let Ok(Err(error)) = handshake
        && let Some(reason) = find_tls_error(&error)
    {
        let upstream = if upstream.prefix.is_empty() { "APP_URL" } else { &upstream.prefix };
        tracing::error!(
            upstream,
            %reason,
            "the upstream has no trusted certificate: name its authority with ca= after its URL, or in SSL_CERT_FILE"
        );
    }
}

async fn shake_hands(upstream: &Upstream) -> std::io::Result<()> {
    let host = upstream.target.host_str().unwrap_or_default();
    let port = upstream.target.port_or_known_default().unwrap_or_default();
    // An IPv6 address has brackets in URLs only.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
    let stream = TcpStream::connect((host, port)).await?;
    let config = client_config(roots(upstream.authorities.as_ref()));
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map(drop)
}
