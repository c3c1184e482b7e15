use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::PrivateKeyDer,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

/// Certificates for any name, issued on demand by a private authority.
#[derive(Debug)]
pub(crate) struct Certificates {
    authority: Certificate,
    issuer: Issuer<'static, KeyPair>,
    issued: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl Certificates {
    /// Creates the authority.
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, "Drawbridge tests");
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority = parameters.self_signed(&key).unwrap();
        Self { authority, issuer: Issuer::new(parameters, key), issued: Mutex::default() }
    }

    /// The authority's certificate, in PEM.
    pub(crate) fn pem(&self) -> String {
        self.authority.pem()
    }

    /// SHA-256 of the authority's public key, in Base64.
    pub(crate) fn spki(&self) -> String {
        STANDARD.encode(digest(&SHA256, &self.issuer.key().subject_public_key_info()))
    }

    /// Accepts TLS connections with these certificates.
    pub(crate) fn acceptor(self) -> TlsAcceptor {
        // An error means that a provider is installed already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(Arc::new(self));
        TlsAcceptor::from(Arc::new(config))
    }

    fn issue(&self, name: &str) -> Arc<CertifiedKey> {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = parameters.signed_by(&key, &self.issuer).unwrap();
        let chain = vec![leaf.der().clone(), self.authority.der().clone()];
        let key = any_supported_type(&PrivateKeyDer::Pkcs8(key.serialize_der().into())).unwrap();
        Arc::new(CertifiedKey::new(chain, key))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // A client that connects to an IP address sends no name.
        let name = hello.server_name().unwrap_or("127.0.0.1");
        let mut issued = self.issued.lock().unwrap();
        Some(issued.entry(name.to_owned()).or_insert_with(|| self.issue(name)).clone())
    }
}
