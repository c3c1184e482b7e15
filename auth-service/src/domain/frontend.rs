//! Registered frontends: applications that sign users in with their own key.

use std::collections::BTreeSet;

use drawbridge_core::audience::Audience;

use super::{
    frontend_name::{AddressHeader, FrontendName},
    frontend_origin::{FrontendOrigin, OriginKind},
};

/// A registered frontend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontend {
    /// The name.
    pub name: FrontendName,
    /// The origins that it may act for, including announced previews.
    pub origins: Vec<FrontendOrigin>,
    /// The audiences for which it may exchange a session for an access token.
    pub audiences: Vec<Audience>,
    /// `aud` of the sessions that it starts, if it differs from the deployment's.
    pub session_audience: Option<Audience>,
    /// The header that carries the client's address. Without one, the address is unknown.
    pub address_header: Option<AddressHeader>,
}

/// Why frontends cannot be registered side by side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontendConflict {
    /// Two frontends have the same name.
    #[error("two frontends are named {0}; give one of them another name")]
    NameTwice(FrontendName),
    /// A frontend has the name of web-frontend.
    #[error(
        "{} is the name of the frontend that comes with Drawbridge; choose another name",
        FrontendName::WEB_FRONTEND
    )]
    NameOfWebFrontend,
    /// A frontend lists an origin twice.
    #[error("{origin} is listed twice for the frontend {name}; remove one")]
    OriginTwice {
        /// The frontend.
        name: FrontendName,
        /// The origin or pattern.
        origin: String,
    },
    /// An origin belongs to another frontend.
    #[error(
        "{origin} belongs to the frontend {owner}; an origin belongs to one frontend, so choose another one or remove it \
         from {owner}"
    )]
    OriginTaken {
        /// The origin or pattern.
        origin: String,
        /// The frontend that it belongs to.
        owner: FrontendName,
    },
    /// A declaration gives an origin to two frontends.
    #[error(
        "{origin} is listed for both {first} and {second}; an origin belongs to one frontend, so remove it from one of \
         them"
    )]
    OriginInTwoFrontends {
        /// The origin or pattern.
        origin: String,
        /// One of the frontends.
        first: FrontendName,
        /// The other one.
        second: FrontendName,
    },
    /// A pattern matches an origin of another frontend.
    #[error(
        "{origin} overlaps with {owned} of the frontend {owner}; an origin belongs to one frontend, so choose another \
         one or remove it from {owner}"
    )]
    OriginOverlaps {
        /// The origin or pattern.
        origin: String,
        /// The overlapping origin or pattern of the other frontend.
        owned: String,
        /// The other frontend.
        owner: FrontendName,
    },
    /// An origin is the deployment's own.
    #[error(
        "{origin} is the deployment's own origin ({setting}), where web-frontend or auth-service runs; register the origin \
         of the frontend"
    )]
    OriginOfDeployment {
        /// The origin.
        origin: String,
        /// The setting that names it.
        setting: &'static str,
    },
    /// A pattern matches an origin of the deployment.
    #[error(
        "{origin} covers the deployment's own origin {owned} ({setting}); choose a pattern that covers previews only, such \
         as *.preview.example.com"
    )]
    OriginCoversDeployment {
        /// The pattern.
        origin: String,
        /// The deployment's origin.
        owned: String,
        /// The setting that names it.
        setting: &'static str,
    },
    /// Sessions and access tokens would have the same audience.
    #[error(
        "{0} would be the audience of sessions and of access tokens; a service that reads one must not accept the other, \
         so choose different audiences"
    )]
    AudienceOfSessions(Audience),
}

impl Frontend {
    /// Checks that this frontend can be registered beside others.
    ///
    /// # Errors
    /// The first conflict.
    pub fn check_beside<'a>(
        &'a self,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Result<(), FrontendConflict> {
        self.check_own_origins()?;
        self.check_audiences(self)?;
        for other in others {
            if other.name == self.name {
                return Err(FrontendConflict::NameTwice(self.name.clone()));
            }
            self.check_origins(other)?;
            self.check_audiences(other)?;
            other.check_audiences(self)?;
        }
        Ok(())
    }

    fn check_own_origins(&self) -> Result<(), FrontendConflict> {
        let mut seen = BTreeSet::new();
        let twice = self.declared_origins().map(ToString::to_string).find(|text| !seen.insert(text.clone()));
        twice.map_or(Ok(()), |origin| Err(FrontendConflict::OriginTwice { name: self.name.clone(), origin }))
    }

    fn check_origins(&self, other: &Self) -> Result<(), FrontendConflict> {
        for origin in &self.origins {
            let Some(owned) = other.origins.iter().find(|owned| owned.overlaps(origin)) else { continue };
            let (origin, owned, owner) = (origin.to_string(), owned.to_string(), other.name.clone());
            return Err(if origin == owned {
                FrontendConflict::OriginTaken { origin, owner }
            } else {
                FrontendConflict::OriginOverlaps { origin, owned, owner }
            });
        }
        Ok(())
    }

    /// Checks that no access token of this frontend has the audience of the other one's sessions.
    fn check_audiences(&self, other: &Self) -> Result<(), FrontendConflict> {
        match &other.session_audience {
            Some(sessions) if self.audiences.contains(sessions) => {
                Err(FrontendConflict::AudienceOfSessions(sessions.clone()))
            }
            _ => Ok(()),
        }
    }

    /// The origins that an operator declared; announced previews are left out.
    pub fn declared_origins(&self) -> impl Iterator<Item = &FrontendOrigin> {
        self.origins.iter().filter(|origin| origin.kind() != OriginKind::Preview)
    }

    /// The previews that announced themselves.
    pub fn announced_previews(&self) -> impl Iterator<Item = &FrontendOrigin> {
        self.origins.iter().filter(|origin| origin.kind() == OriginKind::Preview)
    }

    /// What differs in `desired`, one line each; announced previews do not count.
    pub fn changes_to(&self, desired: &Self) -> Vec<String> {
        let before = self.declared_lines();
        let after = desired.declared_lines();
        let removed = before.difference(&after).map(|line| format!("- {line}"));
        let added = after.difference(&before).map(|line| format!("+ {line}"));
        removed.chain(added).collect()
    }

    /// What an operator declared, one line each.
    pub fn declared_lines(&self) -> BTreeSet<String> {
        let origins = self.declared_origins().map(|origin| format!("{} {origin}", origin.kind()));
        let audiences = self.audiences.iter().map(|audience| format!("audience {audience}"));
        let session_audience = self.session_audience.iter().map(|own| format!("session audience {own}"));
        let header = self.address_header.iter().map(|header| format!("address header {header}"));
        origins.chain(audiences).chain(session_audience).chain(header).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frontend(name: &str, sites: &[&str], patterns: &[&str]) -> Frontend {
        let sites = sites.iter().map(|site| FrontendOrigin::parse_site(site).unwrap());
        let patterns = patterns.iter().map(|pattern| FrontendOrigin::parse_pattern(pattern).unwrap());
        Frontend {
            name: name.parse().unwrap(),
            origins: sites.chain(patterns).collect(),
            audiences: Vec::new(),
            session_audience: None,
            address_header: None,
        }
    }

    #[test]
    fn an_origin_belongs_to_one_frontend() {
        let shop = frontend("shop", &["https://shop.example.com"], &["*.preview.example.com"]);
        for (case, other, expected) in [
            ("unrelated", frontend("blog", &["https://blog.example.com"], &[]), None),
            ("same name", frontend("shop", &["https://blog.example.com"], &[]), Some("two frontends")),
            ("same origin", frontend("blog", &["https://shop.example.com"], &[]), Some("belongs to")),
            (
                "under the pattern",
                frontend("blog", &["https://a.preview.example.com"], &[]),
                Some("overlaps"),
            ),
            ("over an origin", frontend("blog", &[], &["*.example.com"]), Some("overlaps")),
            ("same pattern", frontend("blog", &[], &["*.preview.example.com"]), Some("belongs to")),
        ] {
            let text = other.check_beside([&shop]).err().map(|conflict| conflict.to_string());

            let is_expected = match expected {
                None => text.is_none(),
                Some(expected) => text.as_ref().is_some_and(|text| text.contains(expected)),
            };
            assert!(is_expected, "{case}: {text:?}");
        }
    }

    #[test]
    fn a_frontend_lists_an_origin_once() {
        let twice = frontend("shop", &["https://shop.example.com", "https://SHOP.example.com:443/"], &[]);

        let conflict = twice.check_beside([]).unwrap_err();

        assert!(conflict.to_string().starts_with("https://shop.example.com is listed twice"), "{conflict}");
    }

    #[test]
    fn sessions_and_access_tokens_have_different_audiences() {
        let mut shop = frontend("shop", &["https://shop.example.com"], &[]);
        let mut blog = frontend("blog", &["https://blog.example.com"], &[]);
        shop.session_audience = Some("shop".parse().unwrap());
        blog.session_audience = Some("shop".parse().unwrap());
        assert_eq!(blog.check_beside([&shop]), Ok(()), "frontends may share the audience of their sessions");

        blog.session_audience = None;
        blog.audiences = vec!["orders".parse().unwrap(), "shop".parse().unwrap()];

        let expected = FrontendConflict::AudienceOfSessions("shop".parse().unwrap());
        assert_eq!(blog.check_beside([&shop]), Err(expected.clone()));
        assert_eq!(shop.check_beside([&blog]), Err(expected));
    }

    #[test]
    fn changes_are_listed_without_announced_previews() {
        let mut stored = frontend("shop", &["https://shop.example.com"], &[]);
        let same = stored.clone();
        stored.origins.push(FrontendOrigin::Preview {
            origin: "https://shop-1.vercel.app".parse().unwrap(),
            expires_at: chrono::DateTime::UNIX_EPOCH,
        });
        let mut other = frontend("shop", &["https://store.example.com"], &[]);
        other.audiences = vec!["orders".parse().unwrap()];

        assert!(stored.changes_to(&same).is_empty());
        assert_eq!(
            stored.changes_to(&other),
            ["- site https://shop.example.com", "+ audience orders", "+ site https://store.example.com"]
        );
    }
}
