use drawbridge_core::{
    origin::Origin,
    settings::{Reader, Setting},
};

const TOKEN_ISSUER: Setting =
    Setting::new("TOKEN_ISSUER", "`iss` of session tokens.").default("`FRONTEND_ORIGIN`");
const TOKEN_AUDIENCE: Setting =
    Setting::new("TOKEN_AUDIENCE", "`aud` of session tokens.").default("`FRONTEND_ORIGIN`");

/// Who issues a token and who accepts it (RFC 7519, 4.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenParties {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
}

impl TokenParties {
    /// Reads `TOKEN_ISSUER` and `TOKEN_AUDIENCE`. Both default to the frontend's origin.
    pub fn read(reader: &mut Reader, frontend: Option<&Origin>) -> Option<Self> {
        let default = frontend.map(ToString::to_string);
        let mut read_party = |setting: Setting| {
            reader.optional(setting, |text| Ok(text.to_owned())).or_else(|| default.clone())
        };
        let issuer = read_party(TOKEN_ISSUER);
        let audience = read_party(TOKEN_AUDIENCE);
        Some(Self { issuer: issuer?, audience: audience? })
    }
}
