use std::{error::Error, io};

use rustls::CertificateError;

use crate::doctor::finding::Finding;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing listens there.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The certificate is too old, or not good yet.
    Expired(String),
    /// The certificate is for another name, or by somebody whom browsers do not trust.
    Untrusted(String),
    /// TLS, for another reason.
    Tls(String),
    /// Anything else.
    Other(String),
}

impl Failure {
    /// What a request's error comes down to.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        if let Some(tls) = cause(error, &|_: &rustls::Error| true) {
            return Self::of_tls(tls);
        }
        if error.is_timeout() {
            return Self::TimedOut;
        }
        if cause(error, &|error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused).is_some() {
            return Self::Refused;
        }
        Self::Other(innermost(error).to_string())
    }

    fn of_tls(error: &rustls::Error) -> Self {
        let text = error.to_string();
        match error {
            rustls::Error::InvalidCertificate(reason) => match reason {
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => Self::Expired(text),
                _ => Self::Untrusted(text),
            },
            _ => Self::Tls(text),
        }
    }

    /// What it means for `subject`.
    pub(crate) fn finding(&self, subject: &str) -> Finding {
        let (code, what, fix) = match self {
            Self::Refused => {
                ("connection_refused", "nothing listens there".to_owned(), "start it, or open the port")
            }
            Self::TimedOut => (
                "timed_out",
                "no answer within 10 seconds".to_owned(),
                "look at firewalls and at the server's load",
            ),
            Self::Expired(text) => (
                "certificate_expired",
                format!("{text}; browsers show a warning instead of the page"),
                "renew the certificate",
            ),
            Self::Untrusted(text) => (
                "certificate_untrusted",
                format!("{text}; browsers show a warning instead of the page"),
                "use a certificate of a public authority for this name, with its whole chain \
                 (for one of your own: --ca)",
            ),
            Self::Tls(text) => ("tls_failed", text.clone(), "serve TLS 1.2 or 1.3 on this port"),
            Self::Other(text) => {
                ("unreachable", format!("no answer: {text}"), "check name, port and what stands in between")
            }
        };
        Finding::error(code, subject, what, fix)
    }
}

/// The first cause of this type that is wanted. An `io::Error` hides what it wraps from `source`.
fn cause<'a, T: Error + 'static>(
    error: &'a (dyn Error + 'static),
    wanted: &dyn Fn(&T) -> bool,
) -> Option<&'a T> {
    if let Some(found) = error.downcast_ref::<T>().filter(|found| wanted(found)) {
        return Some(found);
    }
    cause(inner(error)?, wanted)
}

fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(wrapped) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        return Some(wrapped);
    }
    error.source()
}

fn innermost<'a>(mut error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(next) = inner(error) {
        error = next;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_s_fault_is_found_below_what_wraps_it() {
        for (reason, code) in [
            (CertificateError::Expired, "certificate_expired"),
            (CertificateError::NotValidYet, "certificate_expired"),
            (CertificateError::UnknownIssuer, "certificate_untrusted"),
            (CertificateError::NotValidForName, "certificate_untrusted"),
        ] {
            let error = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(reason)));
            let found = cause(&error, &|_: &rustls::Error| true).unwrap();
            assert_eq!(Failure::of_tls(found).finding("https://a.example").code, code);
        }
    }
}
