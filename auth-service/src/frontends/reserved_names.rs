use drawbridge_core::{
    origin::Origin,
    settings::{ConfigErrors, Environment, Reader},
};
use drawbridge_verification::token::TokenParties;

use crate::domain::{Frontend, FrontendConflict, FrontendName, FrontendOrigin};

/// What belongs to the deployment itself: web-frontend's name, and the origins and the session audience as far as the
/// settings are known.
#[derive(Debug, Clone, Default)]
pub struct ReservedNames {
    origins: Vec<ReservedOrigin>,
    session_audience: Option<String>,
}

#[derive(Debug, Clone)]
struct ReservedOrigin {
    setting: &'static str,
    origin: Origin,
}

impl ReservedNames {
    /// Reads `FRONTEND_ORIGIN`, `PUBLIC_ORIGIN`, `BACKEND_ORIGIN` and `TOKEN_AUDIENCE`. A command may run without them, so
    /// a setting that is missing reserves nothing.
    ///
    /// # Errors
    /// A setting is invalid. The error lists all that are.
    pub fn read(environment: Environment) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(environment);
        let frontend = reader.optional_frontend_origin();
        let public = TokenParties::read_public_origin(&mut reader);
        let backend = reader.backend_origin();
        let audience = TokenParties::read_audience(&mut reader);
        let session_audience = audience.or_else(|| frontend.as_ref().map(ToString::to_string));
        let named = [("FRONTEND_ORIGIN", frontend), ("PUBLIC_ORIGIN", public), ("BACKEND_ORIGIN", backend)];
        let origins = named
            .into_iter()
            .filter_map(|(setting, origin)| origin.map(|origin| ReservedOrigin { setting, origin }));
        reader.finish(Some(Self { origins: origins.collect(), session_audience }))
    }

    /// Checks that a frontend has neither web-frontend's name nor an origin of the deployment, and that no access token
    /// would have the audience of the deployment's sessions. The frontend's own sessions may have that audience.
    ///
    /// # Errors
    /// The first conflict.
    pub fn check(&self, frontend: &Frontend) -> Result<(), FrontendConflict> {
        if frontend.name.as_str() == FrontendName::WEB_FRONTEND {
            return Err(FrontendConflict::NameOfWebFrontend);
        }
        for declared in &frontend.origins {
            if let Some(reserved) = self.origins.iter().find(|reserved| declared.covers(&reserved.origin)) {
                return Err(reserved.conflict_with(declared));
            }
        }
        let is_reserved = |audience: &str| self.session_audience.as_deref() == Some(audience);
        let taken = frontend.audiences.iter().find(|audience| is_reserved(audience.as_str()));
        taken.map_or(Ok(()), |audience| Err(FrontendConflict::AudienceOfSessions(audience.clone())))
    }
}

impl ReservedOrigin {
    fn conflict_with(&self, declared: &FrontendOrigin) -> FrontendConflict {
        let origin = declared.to_string();
        let owned = self.origin.to_string();
        let setting = self.setting;
        if origin == owned {
            FrontendConflict::OriginOfDeployment { origin, setting }
        } else {
            FrontendConflict::OriginCoversDeployment { origin, owned, setting }
        }
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_core::settings::fixed;

    use super::*;

    fn frontend(origin: FrontendOrigin, audience: &str) -> Frontend {
        Frontend {
            name: "shop".parse().unwrap(),
            origins: vec![origin],
            audiences: vec![audience.parse().unwrap()],
            session_audience: None,
            address_header: None,
        }
    }

    fn site(text: &str) -> FrontendOrigin {
        FrontendOrigin::parse_site(text).unwrap()
    }

    #[test]
    fn origins_of_the_deployment_are_reserved() {
        let settings = fixed([
            ("FRONTEND_ORIGIN", "https://app.example.com"),
            ("PUBLIC_ORIGIN", "https://login.example.com"),
            ("BACKEND_ORIGIN", "https://api.example.com"),
        ]);
        let reserved = ReservedNames::read(&settings).unwrap();
        for (case, origin, expected) in [
            ("the frontend", site("https://APP.example.com:443/"), Some("own origin (FRONTEND_ORIGIN)")),
            ("the issuer", site("https://login.example.com"), Some("own origin (PUBLIC_ORIGIN)")),
            ("the backend", site("https://api.example.com"), Some("own origin (BACKEND_ORIGIN)")),
            (
                "a pattern above them",
                FrontendOrigin::parse_pattern("*.example.com").unwrap(),
                Some("https://*.example.com covers the deployment's own origin https://app.example.com"),
            ),
            ("another site", site("https://shop.example.com"), None),
            ("another port", site("https://app.example.com:8443"), None),
        ] {
            let text = reserved.check(&frontend(origin, "orders")).err().map(|conflict| conflict.to_string());

            let is_expected = match expected {
                None => text.is_none(),
                Some(expected) => text.as_ref().is_some_and(|text| text.contains(expected)),
            };
            assert!(is_expected, "{case}: {text:?}");
        }
    }

    #[test]
    fn no_access_token_has_the_audience_of_sessions() {
        let shop = |audience: &str| frontend(site("https://shop.example.com"), audience);
        for (case, settings, audience, is_free) in [
            ("a setting", vec![("TOKEN_AUDIENCE", "ours")], "ours", false),
            ("the default", vec![("FRONTEND_ORIGIN", "https://a.example")], "https://a.example", false),
            ("not known", vec![], "https://a.example", true),
            (
                "the default is replaced",
                vec![("FRONTEND_ORIGIN", "https://a.example"), ("TOKEN_AUDIENCE", "ours")],
                "https://a.example",
                true,
            ),
        ] {
            let reserved = ReservedNames::read(&fixed(settings)).unwrap();

            assert_eq!(reserved.check(&shop(audience)).is_ok(), is_free, "{case}");
        }
        let reserved = ReservedNames::read(&fixed([("TOKEN_AUDIENCE", "ours")])).unwrap();
        let mut sharing = shop("orders");
        sharing.session_audience = Some("ours".parse().unwrap());
        assert_eq!(reserved.check(&sharing), Ok(()), "a frontend may share the deployment's sessions");
    }

    #[test]
    fn an_invalid_setting_is_reported() {
        let error = ReservedNames::read(&fixed([("FRONTEND_ORIGIN", "app")])).unwrap_err();

        assert!(error.to_string().contains("FRONTEND_ORIGIN"), "{error}");
    }
}
