use drawbridge_core::{
    origin::Origin,
    settings::{Reader, Setting},
};

const PUBLIC_ORIGIN: Setting = Setting::new(
    "PUBLIC_ORIGIN",
    "The deployment's public origin: the `iss` of its tokens, where other programs find the [metadata and the public \
     keys](discovery.md).",
)
.values("origin")
.default("`FRONTEND_ORIGIN`");
const TOKEN_ISSUER: Setting = Setting::new(
    "TOKEN_ISSUER",
    "An earlier `iss` that is still accepted, for [upgrades](upgrading.md#the-issuer). No token is issued with it. The \
     next minor version removes this setting.",
);
const TOKEN_AUDIENCE: Setting =
    Setting::new("TOKEN_AUDIENCE", "`aud` of session tokens.").default("`FRONTEND_ORIGIN`");

/// Who issues a token and who accepts it (RFC 7519, 4.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenParties {
    /// `iss`.
    pub issuer: String,
    /// Earlier values of `iss`, which are accepted and never issued.
    pub previous_issuers: Vec<String>,
    /// `aud`.
    pub audience: String,
}

impl TokenParties {
    /// The default of a deployment whose frontend is at `origin`: it is the issuer and the audience.
    pub fn for_origin(origin: impl Into<String>) -> Self {
        let issuer = origin.into();
        Self { audience: issuer.clone(), previous_issuers: Vec::new(), issuer }
    }

    /// Reads `PUBLIC_ORIGIN`, `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub fn read(reader: &mut Reader, frontend: Option<&Origin>) -> Option<Self> {
        let default = frontend.map(ToString::to_string);
        let public_origin = Self::read_public_origin(reader);
        let previous_issuer = reader.optional(TOKEN_ISSUER, |text| Ok(text.to_owned()));
        let audience = Self::read_audience(reader);
        let issuer = public_origin.map(|origin| origin.to_string()).or_else(|| default.clone())?;
        let previous_issuers = previous_issuer.into_iter().filter(|previous| *previous != issuer).collect();
        Some(Self { issuer, previous_issuers, audience: audience.or(default)? })
    }

    /// Reads `PUBLIC_ORIGIN`, which is `FRONTEND_ORIGIN` if it is not set.
    pub fn read_public_origin(reader: &mut Reader) -> Option<Origin> {
        reader.optional(PUBLIC_ORIGIN, parse_public_origin)
    }

    /// Reads `TOKEN_AUDIENCE`, which is `FRONTEND_ORIGIN` if it is not set.
    pub fn read_audience(reader: &mut Reader) -> Option<String> {
        reader.optional(TOKEN_AUDIENCE, |text| Ok(text.to_owned()))
    }

    /// Every value of `iss` that is accepted.
    pub(super) fn accepted_issuers(&self) -> Vec<&str> {
        let previous = self.previous_issuers.iter().map(String::as_str);
        std::iter::once(self.issuer.as_str()).chain(previous).collect()
    }

    /// A warning for the operator, if earlier issuers are accepted.
    pub fn caution(&self) -> Option<String> {
        (!self.previous_issuers.is_empty()).then(|| {
            format!(
                "TOKEN_ISSUER is set: tokens with the earlier iss {} are still accepted, and new ones have the iss {}. \
                 Remove TOKEN_ISSUER once the earlier tokens have expired (TOKEN_LIFETIME); the next minor version \
                 ignores it",
                self.previous_issuers.join(", "),
                self.issuer
            )
        })
    }
}

/// An origin that other programs can fetch keys from without trusting the network.
fn parse_public_origin(text: &str) -> Result<Origin, String> {
    let origin = Origin::parse(text)?;
    if origin.is_https() || origin.is_localhost() {
        return Ok(origin);
    }
    Err(format!(
        "is {origin}, but other programs fetch the keys there, and over plain http anyone on the network could replace \
         them; use https (plain http works on localhost only)"
    ))
}

#[cfg(test)]
mod tests {
    use drawbridge_core::settings::{ConfigErrors, fixed};

    use super::*;

    const FRONTEND: &str = "https://app.example.com";

    fn read(settings: &[(&'static str, &'static str)]) -> Result<TokenParties, ConfigErrors> {
        let environment = fixed(settings.iter().copied());
        let mut reader = Reader::new(&environment);
        let parties = TokenParties::read(&mut reader, Some(&Origin::parse(FRONTEND).unwrap()));
        reader.finish(parties)
    }

    #[test]
    fn the_frontend_is_issuer_and_audience_by_default() {
        let parties = read(&[]).unwrap();

        assert_eq!(parties, TokenParties::for_origin(FRONTEND));
        assert_eq!(parties.caution(), None);
    }

    #[test]
    fn the_public_origin_is_the_issuer() {
        let parties = read(&[("PUBLIC_ORIGIN", "https://LOGIN.example.com/")]).unwrap();

        assert_eq!(parties.issuer, "https://login.example.com");
        assert_eq!(parties.audience, FRONTEND);
        assert_eq!(parties.accepted_issuers(), ["https://login.example.com"]);
    }

    #[test]
    fn an_earlier_issuer_is_accepted_and_never_issued() {
        let parties = read(&[("TOKEN_ISSUER", "old")]).unwrap();

        assert_eq!(parties.issuer, FRONTEND);
        assert_eq!(parties.accepted_issuers(), [FRONTEND, "old"]);
        assert!(parties.caution().unwrap().contains("the earlier iss old"));
    }

    #[test]
    fn the_present_issuer_is_no_earlier_one() {
        let parties = read(&[("TOKEN_ISSUER", FRONTEND)]).unwrap();

        assert_eq!(parties, TokenParties::for_origin(FRONTEND));
    }

    #[test]
    fn keys_are_not_published_over_plain_http() {
        for (case, origin, is_valid) in [
            ("https", "https://login.example.com", true),
            ("localhost", "http://localhost:8080", true),
            ("loopback", "http://127.0.0.1:8080", true),
            ("plain http", "http://login.example.com", false),
            ("path", "https://login.example.com/auth", false),
        ] {
            assert_eq!(read(&[("PUBLIC_ORIGIN", origin)]).is_ok(), is_valid, "{case}");
        }
    }
}
