/// `typ` in the header of a session token.
pub const SESSION_TOKEN_TYPE: &str = "drawbridge-session+jwt";

/// `typ` in the header of an access token (RFC 9068).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// What a token may be used for, according to its `typ` and `aud`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPurpose {
    /// A session at the frontends that share the deployment's audience.
    Session,
    /// A session at the frontends that have this audience of their own.
    SessionAt(Box<str>),
    /// Access to the service with this audience (RFC 9068).
    Access(Box<str>),
}

/// The tokens that one endpoint accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptedTokens<'a> {
    /// Session tokens with the deployment's audience.
    Session,
    /// Session tokens with this audience.
    SessionAt(&'a str),
    /// Access tokens with this audience.
    Access(&'a str),
}

impl<'a> AcceptedTokens<'a> {
    /// Session tokens with `audience`, in a deployment with the audience `own_audience`.
    pub fn sessions_at(audience: &'a str, own_audience: &str) -> Self {
        if audience == own_audience { Self::Session } else { Self::SessionAt(audience) }
    }
}

impl TokenPurpose {
    /// The purpose of a token with this type and audience; `None` if the type is not one of ours.
    ///
    /// Before session tokens had their own type, they had the type of access tokens. Such a session token can be
    /// distinguished from an access token, because no access token is issued for the deployment's own audience.
    pub(super) fn from_token(typ: &str, audience: &str, own_audience: &str) -> Option<Self> {
        match typ {
            SESSION_TOKEN_TYPE | ACCESS_TOKEN_TYPE if audience == own_audience => Some(Self::Session),
            SESSION_TOKEN_TYPE => Some(Self::SessionAt(audience.into())),
            ACCESS_TOKEN_TYPE => Some(Self::Access(audience.into())),
            _ => None,
        }
    }

    /// Returns true if an endpoint that accepts `accepted` accepts tokens for this purpose.
    pub fn is_accepted(&self, accepted: AcceptedTokens) -> bool {
        match (self, accepted) {
            (Self::Session, AcceptedTokens::Session) => true,
            (Self::SessionAt(audience), AcceptedTokens::SessionAt(accepted))
            | (Self::Access(audience), AcceptedTokens::Access(accepted)) => **audience == *accepted,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://app.example.com";
    const SHOP: &str = "https://shop.example.com";

    #[test]
    fn type_and_audience_decide_what_a_token_is_for() {
        let cases = [
            ("session", SESSION_TOKEN_TYPE, OWN, Some(TokenPurpose::Session)),
            ("session of a frontend", SESSION_TOKEN_TYPE, SHOP, Some(TokenPurpose::SessionAt(SHOP.into()))),
            ("session of the old form", ACCESS_TOKEN_TYPE, OWN, Some(TokenPurpose::Session)),
            ("access token", ACCESS_TOKEN_TYPE, SHOP, Some(TokenPurpose::Access(SHOP.into()))),
            ("another type", "JWT", OWN, None),
        ];

        for (case, typ, audience, expected) in cases {
            assert_eq!(TokenPurpose::from_token(typ, audience, OWN), expected, "{case}");
        }
    }

    #[test]
    fn a_token_is_accepted_for_its_own_purpose_only() {
        let purposes =
            [TokenPurpose::Session, TokenPurpose::SessionAt(SHOP.into()), TokenPurpose::Access(SHOP.into())];
        let accepted =
            [AcceptedTokens::Session, AcceptedTokens::SessionAt(SHOP), AcceptedTokens::Access(SHOP)];

        for (index, purpose) in purposes.iter().enumerate() {
            for (other, accepted) in accepted.into_iter().enumerate() {
                assert_eq!(purpose.is_accepted(accepted), index == other, "{purpose:?} at {accepted:?}");
            }
            assert!(!purpose.is_accepted(AcceptedTokens::Access(OWN)), "{purpose:?}");
            assert!(!purpose.is_accepted(AcceptedTokens::SessionAt(OWN)), "{purpose:?}");
        }
    }
}
