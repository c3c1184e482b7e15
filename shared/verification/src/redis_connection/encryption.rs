//! TLS of connections to Redis.

use std::path::Path;

use drawbridge_core::tls::{Authorities, additional_authorities};
use percent_encoding::percent_decode_str;
use redis::{Client, ConnectionInfo, RedisResult, TlsCertificates};

/// How connections to Redis are encrypted.
pub(super) enum RedisEncryption {
    None,
    Tls {
        /// The authorities to trust in PEM format, unless they are the public ones.
        authorities: Option<Vec<u8>>,
    },
}

/// A URL without the parameter that [`RedisEncryption`] is read from.
pub(super) struct EncryptedUrl {
    pub(super) url: String,
    pub(super) encryption: RedisEncryption,
}

impl EncryptedUrl {
    /// Takes `ca=FILE` out of a URL.
    ///
    /// # Errors
    /// What is wrong with the parameter. The URL may contain a password, so no other part of it is repeated.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let is_secure = url.starts_with("rediss");
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut authority_file = None;
        let mut kept = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.strip_prefix("ca=") {
                Some(file) => authority_file = Some(percent_decode_str(file).decode_utf8_lossy()),
                None => kept.push(parameter),
            }
        }
        let encryption = match authority_file {
            Some(_) if !is_secure => return Err("has the parameter ca, which needs rediss for TLS".into()),
            Some(file) => {
                let authorities = Authorities::from_file(Path::new(&*file))?;
                RedisEncryption::Tls { authorities: Some(authorities.pem().into()) }
            }
            None if is_secure => RedisEncryption::Tls {
                authorities: additional_authorities()
                    .map(|additional| additional.pem_with_public_roots().into()),
            },
            None => RedisEncryption::None,
        };
        let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
        Ok(Self { url, encryption })
    }
}

impl RedisEncryption {
    /// The scheme of the URL of one server.
    pub(super) fn scheme(&self) -> &'static str {
        match self {
            Self::None => "redis",
            Self::Tls { .. } => "rediss",
        }
    }

    /// Adds the authorities to the settings of a connection.
    pub(super) fn apply(&self, info: ConnectionInfo) -> RedisResult<ConnectionInfo> {
        match self {
            Self::Tls { authorities: Some(pem) } => {
                let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem.clone()) };
                Ok(Client::build_with_tls(info, certificates)?.get_connection_info().clone())
            }
            _ => Ok(info),
        }
    }
}
