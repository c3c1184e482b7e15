//! TLS for outgoing connections.

use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};

/// Makes aws-lc the cryptography provider of the process. Later calls change nothing.
pub fn install_provider() {
    // An error means that the provider is already installed, which is fine.
    let _ = CryptoProvider::install_default(rustls::crypto::aws_lc_rs::default_provider());
}

/// A client configuration that trusts `roots`.
pub fn client_config(roots: RootCertStore) -> ClientConfig {
    install_provider();
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

/// The certificate authorities that browsers trust.
pub fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}
