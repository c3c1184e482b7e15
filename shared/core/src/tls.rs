//! TLS for outgoing connections.

use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};

/// Makes aws-lc the process's one cryptography provider; later calls change nothing.
pub fn install_provider() {
    // An error means that a provider is installed already, which is what is wanted.
    let _ = CryptoProvider::install_default(rustls::crypto::aws_lc_rs::default_provider());
}

/// A client that trusts `roots`.
pub fn client_config(roots: RootCertStore) -> ClientConfig {
    install_provider();
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

/// The certificate authorities that browsers trust.
pub fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}
