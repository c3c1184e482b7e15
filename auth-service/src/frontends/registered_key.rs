use aws_lc_rs::constant_time::verify_slices_are_equal;
use drawbridge_core::{
    audience::Audience,
    frontend_key::{FrontendKey, FrontendKeyKind},
    origin::Origin,
};

use crate::domain::{AddressHeader, Frontend, FrontendName, FrontendOrigin};

/// A key of a registered frontend that has not expired, and what it may be used for.
#[derive(Debug, Clone)]
pub struct RegisteredKey {
    /// The key.
    pub key: FrontendKey,
    /// The frontend.
    pub frontend: FrontendName,
    /// `aud` of the sessions that the frontend starts, if it differs from the deployment's.
    pub audience: Option<Audience>,
    /// The audiences for which the frontend may exchange a session for an access token.
    pub audiences: Vec<Audience>,
    /// The header in which the frontend's hosting platform sends the client's address.
    pub address_header: Option<AddressHeader>,
    /// The origins that the key may act for.
    pub origins: Vec<FrontendOrigin>,
    hash: Vec<u8>,
}

impl RegisteredKey {
    pub(super) fn new(key: FrontendKey, hash: Vec<u8>, frontend: Frontend) -> Self {
        let is_preview = key.kind() == FrontendKeyKind::Preview;
        let mut origins = frontend.origins;
        // Previews are often built from changes that no one has reviewed, so their key cannot act for the site.
        origins.retain(|origin| !is_preview || origin.is_open_to_preview_keys());
        Self {
            key,
            frontend: frontend.name,
            audience: frontend.session_audience,
            audiences: frontend.audiences,
            address_header: frontend.address_header,
            origins,
            hash,
        }
    }

    /// What the key is for.
    pub fn kind(&self) -> FrontendKeyKind {
        self.key.kind()
    }

    /// Returns true if the key may act for `origin`.
    pub fn may_act_for(&self, origin: &Origin) -> bool {
        self.origins.iter().any(|own| own.covers(origin))
    }

    /// Returns true if `presented` is this key, in constant time.
    pub fn is(&self, presented: &FrontendKey) -> bool {
        verify_slices_are_equal(&self.hash, &presented.hash()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_core::random::Random;

    use super::*;

    fn registered(kind: FrontendKeyKind) -> RegisteredKey {
        let frontend = Frontend {
            name: "shop".parse().unwrap(),
            origins: vec![
                FrontendOrigin::parse_site("https://shop.example.com").unwrap(),
                FrontendOrigin::parse_development("http://localhost:3000").unwrap(),
                FrontendOrigin::parse_pattern("*.preview.example.com").unwrap(),
            ],
            audiences: Vec::new(),
            session_audience: None,
            address_header: None,
        };
        let key = FrontendKey::generate(Random, kind);
        let hash = key.hash().to_vec();
        RegisteredKey::new(key, hash, frontend)
    }

    #[test]
    fn a_key_acts_for_origins_of_its_frontend() {
        let key = registered(FrontendKeyKind::Frontend);
        let preview_key = registered(FrontendKeyKind::Preview);
        for (case, origin, by_key, by_preview_key) in [
            ("the site", "https://shop.example.com", true, false),
            ("a developer's machine", "http://localhost:3000", true, true),
            ("a preview", "https://pr-1.preview.example.com", true, true),
            ("another site", "https://evil.example", false, false),
        ] {
            let origin = Origin::parse(origin).unwrap();

            assert_eq!(key.may_act_for(&origin), by_key, "{case}");
            assert_eq!(preview_key.may_act_for(&origin), by_preview_key, "{case}");
        }
    }

    #[test]
    fn only_the_same_key_is_recognised() {
        let registered = registered(FrontendKeyKind::Frontend);

        assert!(registered.is(&registered.key));
        assert!(!registered.is(&FrontendKey::generate(Random, FrontendKeyKind::Frontend)));
    }
}
