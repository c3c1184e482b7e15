//! TLS for outgoing connections: which certificate authorities are trusted, and why a server is not.

use std::{
    error::Error,
    fmt, fs, io, iter,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::settings::{Reader, Setting};

const SSL_CERT_FILE: Setting = Setting::new(
    "SSL_CERT_FILE",
    "Certificate authorities that all outgoing TLS connections trust in addition to the public ones: those to \
     upstreams, to Redis and PostgreSQL, to the mail server and between services. An option named `ca` or \
     `sslrootcert` in a URL replaces both for its connection.",
)
.values("path of a PEM file");

/// The authorities of `SSL_CERT_FILE`. A process has one environment, and TLS libraries read this variable process-wide.
static ADDITIONAL: OnceLock<Authorities> = OnceLock::new();

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

/// The certificate authorities of a connection for which none are named: the public ones and those of `SSL_CERT_FILE`.
pub fn trusted_roots() -> RootCertStore {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(additional) = ADDITIONAL.get() {
        roots.roots.extend(additional.roots.roots.iter().cloned());
    }
    roots
}

/// The authorities of `SSL_CERT_FILE`, for libraries that know the public ones themselves.
pub fn additional_authorities() -> Option<&'static Authorities> {
    ADDITIONAL.get()
}

/// Reads `SSL_CERT_FILE`. From then on, this process trusts its authorities. Call it before other settings are read,
/// some of which prepare connections.
pub fn read_additional_authorities(reader: &mut Reader) {
    if let Some(authorities) = reader.optional(SSL_CERT_FILE, |file| Authorities::from_file(Path::new(file)))
    {
        // An error means that another service of this process has read the same variable.
        let _ = ADDITIONAL.set(authorities);
    }
}

/// Certificate authorities from a file.
#[derive(Clone)]
pub struct Authorities {
    file: PathBuf,
    pem: Arc<str>,
    roots: Arc<RootCertStore>,
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.file.display())
    }
}

impl PartialEq for Authorities {
    fn eq(&self, other: &Self) -> bool {
        self.pem == other.pem
    }
}

impl Eq for Authorities {}

impl Authorities {
    /// Reads a PEM file, in which certificates that cannot be those of an authority are skipped.
    ///
    /// # Errors
    /// The file cannot be read or contains no certificate of an authority. The reason continues a sentence after the
    /// name of a setting.
    pub fn from_file(file: &Path) -> Result<Self, String> {
        let name = file.display();
        let pem = fs::read(file).map_err(|error| format!("names {name}, which cannot be read: {error}"))?;
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("names {name}, which is not a valid PEM file: {error}"))?;
        let mut roots = RootCertStore::empty();
        let mut accepted = String::new();
        for certificate in certificates {
            if roots.add(certificate.clone()).is_ok() {
                accepted += &pem_text(&certificate);
            }
        }
        if roots.is_empty() {
            return Err(format!("names {name}, which contains no certificate of an authority in PEM format"));
        }
        Ok(Self { file: file.to_owned(), pem: accepted.into(), roots: Arc::new(roots) })
    }

    /// The authorities, and no others.
    pub fn roots(&self) -> RootCertStore {
        RootCertStore::clone(&self.roots)
    }

    /// Their certificates in PEM format.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Their certificates and those of the public authorities, in PEM format.
    pub fn pem_with_public_roots(&self) -> String {
        let public_roots =
            webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|certificate| pem_text(certificate));
        iter::once(self.pem.to_string()).chain(public_roots).collect()
    }
}

fn pem_text(certificate: &CertificateDer) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate))
}

/// The TLS error among the causes of a failed connection, such as a certificate of an unknown authority.
pub fn find_tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    // An I/O error does not name the error that it wraps as its source.
    let source = |error: &&'a (dyn Error + 'static)| match (**error).downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|wrapped| wrapped as &(dyn Error + 'static)),
        None => (**error).source(),
    };
    iter::successors(Some(error), source).find_map(|cause| cause.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::fixed;

    #[test]
    fn a_file_without_certificates_is_named() {
        let folder = std::env::temp_dir();
        let empty = folder.join(format!("drawbridge-empty-{}.pem", std::process::id()));
        fs::write(&empty, "no certificate\n").unwrap();

        for (case, file, expected) in [
            ("missing", Path::new("/nowhere.pem"), "cannot be read"),
            ("a folder", folder.as_path(), "cannot be read"),
            ("no certificate", empty.as_path(), "contains no certificate"),
        ] {
            let environment = fixed([("SSL_CERT_FILE", file.display().to_string())]);
            let mut reader = Reader::new(&environment);
            read_additional_authorities(&mut reader);
            let error = reader.finish(Some(())).unwrap_err().to_string();

            let names_both = error.contains("SSL_CERT_FILE") && error.contains(&file.display().to_string());
            assert!(names_both && error.contains(expected), "{case}: {error}");
        }
        fs::remove_file(&empty).unwrap();
    }

    #[test]
    fn the_public_authorities_can_be_read_as_pem() {
        let file = std::env::temp_dir().join(format!("drawbridge-root-{}.pem", std::process::id()));
        fs::write(&file, pem_text(&webpki_root_certs::TLS_SERVER_ROOT_CERTS[0])).unwrap();
        let one = Authorities::from_file(&file).unwrap();
        assert_eq!(one.roots().len(), 1);

        fs::write(&file, one.pem_with_public_roots()).unwrap();
        let all = Authorities::from_file(&file).unwrap();

        assert_eq!(all.roots().len(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() + 1);
        fs::remove_file(&file).unwrap();
    }

    #[test]
    fn the_tls_error_is_found_behind_io_errors() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, tls));

        assert!(find_tls_error(&wrapped).is_some());
        assert!(find_tls_error(&io::Error::other("refused")).is_none());
    }
}
