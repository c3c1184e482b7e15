use std::{error::Error, io};

use rustls::CertificateError;

use crate::doctor::finding::Finding;

/// Why a request got no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RequestFailure {
    /// Nothing listens on the port.
    ConnectionRefused,
    /// No response within the time limit.
    TimedOut,
    /// The certificate has expired or is not valid yet.
    CertificateExpired(String),
    /// The certificate is for another name, or its issuer is not trusted.
    CertificateUntrusted(String),
    /// Another TLS error.
    Tls(String),
    /// Any other error.
    Other(String),
}

impl RequestFailure {
    /// Classifies the error of a request by its cause.
    pub(super) fn from_error(error: &reqwest::Error) -> Self {
        if let Some(tls) = find_cause(error, &|_: &rustls::Error| true) {
            return Self::from_tls_error(tls);
        }
        if error.is_timeout() {
            return Self::TimedOut;
        }
        let is_refused = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        if find_cause(error, &is_refused).is_some() {
            return Self::ConnectionRefused;
        }
        Self::Other(root_cause(error).to_string())
    }

    fn from_tls_error(error: &rustls::Error) -> Self {
        let text = error.to_string();
        match error {
            rustls::Error::InvalidCertificate(reason) => match reason {
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => Self::CertificateExpired(text),
                _ => Self::CertificateUntrusted(text),
            },
            _ => Self::Tls(text),
        }
    }

    /// The finding about a request to `subject` that failed in this way.
    pub(crate) fn finding(&self, subject: &str) -> Finding {
        let (code, observation, fix) = match self {
            Self::ConnectionRefused => (
                "connection_refused",
                "refuses the connection".to_owned(),
                "start the server, or open the port in the firewall",
            ),
            Self::TimedOut => (
                "timed_out",
                "did not respond within 10 seconds".to_owned(),
                "check firewalls and the load of the server",
            ),
            Self::CertificateExpired(text) => (
                "certificate_expired",
                format!("{text}; browsers show a warning instead of the page"),
                "renew the certificate",
            ),
            Self::CertificateUntrusted(text) => (
                "certificate_untrusted",
                format!("{text}; browsers show a warning instead of the page"),
                "use a certificate for this name from a public certificate authority, including intermediate \
                 certificates; for a private authority, pass --ca",
            ),
            Self::Tls(text) => ("tls_failed", text.clone(), "serve TLS 1.2 or 1.3 on this port"),
            Self::Other(text) => (
                "unreachable",
                format!("did not respond: {text}"),
                "check the name, the port and every proxy in between",
            ),
        };
        Finding::error(code, subject, observation, fix)
    }
}

/// The outermost cause of type `T` that satisfies `is_wanted`.
fn find_cause<'a, T: Error + 'static>(
    error: &'a (dyn Error + 'static),
    is_wanted: &dyn Fn(&T) -> bool,
) -> Option<&'a T> {
    if let Some(found) = error.downcast_ref::<T>().filter(|found| is_wanted(found)) {
        return Some(found);
    }
    find_cause(next_cause(error)?, is_wanted)
}

/// The cause of an error. `io::Error::source` skips the error that it wraps.
fn next_cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(wrapped) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        return Some(wrapped);
    }
    error.source()
}

fn root_cause<'a>(mut error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(cause) = next_cause(error) {
        error = cause;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_errors_are_found_inside_wrapping_errors() {
        for (reason, code) in [
            (CertificateError::Expired, "certificate_expired"),
            (CertificateError::NotValidYet, "certificate_expired"),
            (CertificateError::UnknownIssuer, "certificate_untrusted"),
            (CertificateError::NotValidForName, "certificate_untrusted"),
        ] {
            let case = format!("{reason:?}");
            let error = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(reason)));

            let found = find_cause(&error, &|_: &rustls::Error| true).unwrap();

            let finding = RequestFailure::from_tls_error(found).finding("https://a.example");
            assert_eq!(finding.code, code, "{case}");
        }
    }
}
