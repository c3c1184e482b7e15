//! The secret with which web-frontend proves itself to auth-service and encrypts page sessions.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use drawbridge_core::{
    frontend_key::{FrontendKey, FrontendKeyKind},
    random::Random,
    secret::{DerivedKey, KeyPurpose, MasterSecret},
    settings::{Reader, Setting},
};
use drawbridge_http::{
    proof::Prover,
    proxy_identity::{PROXY_IDENTITY, ProxyIdentity},
};
use reqwest::{Request, header::HeaderValue};

const WEB_FRONTEND_KEY: Setting = Setting::new(
    "WEB_FRONTEND_KEY",
    "The key with which web-frontend proves its identity to auth-service. Give both services the same key; \
     `drawbridge keys web-frontend` creates one.",
)
.values("key")
.default("required");
const MASTER_SECRET: Setting = Setting::new(
    "MASTER_SECRET",
    "Only for an upgrade: web-frontend uses it while `WEB_FRONTEND_KEY` is unset. The next minor version no longer reads \
     it.",
)
.values("at least 32 bytes");

/// The secret of web-frontend.
#[derive(Debug, Clone)]
pub enum OwnSecret {
    /// Its own key.
    Key(FrontendKey),
    /// The secret of the deployment, as before web-frontend had a key.
    MasterSecret(MasterSecret),
}

impl OwnSecret {
    /// Reads `WEB_FRONTEND_KEY[_FILE]`, and `MASTER_SECRET[_FILE]` for an upgrade.
    pub(crate) fn read(reader: &mut Reader) -> Option<Self> {
        let mut is_key_invalid = false;
        let key = reader.optional_secret(WEB_FRONTEND_KEY, |text| {
            let key = FrontendKey::parse_kind(text, FrontendKeyKind::WebFrontend);
            is_key_invalid = key.is_err();
            key
        });
        let master = reader.optional_secret(MASTER_SECRET, MasterSecret::parse);
        match (key, master) {
            (Some(key), _) => Some(Self::Key(key)),
            (None, Some(master)) => Some(Self::MasterSecret(master)),
            (None, None) => {
                if !is_key_invalid {
                    reader.invalid(
                        WEB_FRONTEND_KEY.name,
                        "(or WEB_FRONTEND_KEY_FILE) is required but not set; `drawbridge keys web-frontend` creates a key, \
                         which auth-service needs as well",
                    );
                }
                None
            }
        }
    }

    /// What the operator should change.
    pub(crate) fn caution(&self) -> Option<&'static str> {
        match self {
            Self::Key(_) => None,
            Self::MasterSecret(_) => Some(
                "web-frontend has no key of its own and uses MASTER_SECRET, from which all keys of the deployment can be \
                 derived. Create a key with `drawbridge keys web-frontend`, and set it as WEB_FRONTEND_KEY for \
                 auth-service first, then for web-frontend in place of MASTER_SECRET. The next minor version requires it.",
            ),
        }
    }

    /// The key that encrypts page sessions.
    pub(crate) fn page_session_key(&self) -> DerivedKey {
        match self {
            Self::Key(key) => key.derive(KeyPurpose::PageSession),
            Self::MasterSecret(master) => master.derive(KeyPurpose::PageSession),
        }
    }

    /// Makes the proofs of requests to auth-service.
    pub(crate) fn identity(&self) -> Identity {
        match self {
            Self::Key(key) => Identity::SecondVersion(Prover::new(key)),
            Self::MasterSecret(master) => Identity::FirstVersion(ProxyIdentity::new(master)),
        }
    }
}

/// Makes proofs, in the version for which there is a secret.
pub(crate) enum Identity {
    FirstVersion(ProxyIdentity),
    SecondVersion(Prover),
}

impl Identity {
    /// Adds a proof to a request that is complete otherwise.
    pub(crate) fn sign(&self, request: &mut Request, now: DateTime<Utc>, client: IpAddr) {
        match self {
            Self::SecondVersion(prover) => prover.sign(request, now, Random.bytes(), Some(client)),
            Self::FirstVersion(identity) => {
                let proof = identity.prove(now, request.method().as_str(), request.url().path(), client);
                // A proof consists of visible ASCII characters.
                if let Ok(value) = HeaderValue::from_str(&proof) {
                    request.headers_mut().insert(PROXY_IDENTITY, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ::tests::{MASTER_SECRET, WEB_FRONTEND_KEY};
    use drawbridge_core::settings::fixed;

    use super::*;

    fn read(settings: &[(&'static str, &'static str)]) -> Result<OwnSecret, String> {
        let environment = fixed(settings.iter().copied());
        let mut reader = Reader::new(&environment);
        let secret = OwnSecret::read(&mut reader);
        reader.finish(secret).map_err(|errors| errors.to_string())
    }

    #[test]
    fn its_own_key_comes_before_the_master_secret() {
        let both = [("WEB_FRONTEND_KEY", WEB_FRONTEND_KEY), ("MASTER_SECRET", MASTER_SECRET)];

        let secret = read(&both).unwrap();

        assert!(matches!(secret, OwnSecret::Key(_)));
        assert_eq!(secret.caution(), None);
    }

    #[test]
    fn the_master_secret_alone_still_works_with_a_warning() {
        let secret = read(&[("MASTER_SECRET", MASTER_SECRET)]).unwrap();

        assert!(matches!(secret, OwnSecret::MasterSecret(_)));
        assert!(secret.caution().unwrap().contains("drawbridge keys web-frontend"));
    }

    #[test]
    fn an_error_says_how_to_make_a_key() {
        let missing = read(&[]).unwrap_err();
        let other = read(&[("WEB_FRONTEND_KEY", MASTER_SECRET)]).unwrap_err();

        assert!(missing.contains("`drawbridge keys web-frontend` creates a key"), "{missing}");
        assert!(other.contains("WEB_FRONTEND_KEY is not a key of a frontend"), "{other}");
        assert!(!other.contains(MASTER_SECRET), "{other}");
    }

    #[test]
    fn page_sessions_of_two_secrets_have_different_keys() {
        let key = read(&[("WEB_FRONTEND_KEY", WEB_FRONTEND_KEY)]).unwrap();
        let master = read(&[("MASTER_SECRET", MASTER_SECRET)]).unwrap();

        assert_ne!(key.page_session_key().as_bytes(), master.page_session_key().as_bytes());
    }
}
