//! The parameters of a token exchange.

use drawbridge_core::audience::Audience;
use drawbridge_http::{
    problem::{Code, Problem},
    token_exchange::{GRANT_TYPE, TOKEN_TYPE_ACCESS_TOKEN, TOKEN_TYPE_JWT},
};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// The form of a token exchange (RFC 8693, 2.1). Parameters without a value count as omitted, and unknown ones are
/// ignored (RFC 6749, 3.2). `resource`, `scope`, `actor_token` and `actor_token_type` are refused.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct ExchangeForm {
    /// `urn:ietf:params:oauth:grant-type:token-exchange`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = true)]
    grant_type: Option<String>,
    /// The session token.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, format = Password, required = true)]
    subject_token: Option<SecretString>,
    /// `urn:ietf:params:oauth:token-type:jwt`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = true)]
    subject_token_type: Option<String>,
    /// `urn:ietf:params:oauth:token-type:access_token`, the default.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    requested_token_type: Option<String>,
    /// The audience of the access token.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = true)]
    audience: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(ignore)]
    resource: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(ignore)]
    scope: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(ignore)]
    actor_token: Option<SecretString>,
    #[serde(default, deserialize_with = "given")]
    #[schema(ignore)]
    actor_token_type: Option<String>,
}

/// What a frontend requests.
pub(super) struct ExchangeRequest {
    pub(super) subject_token: SecretString,
    pub(super) audience: Audience,
}

/// A parameter; `None` if it has no value.
fn given<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(if text.is_empty() { None } else { Some(text.into()) })
}

impl ExchangeForm {
    /// Checks all parameters but whether the audience is allowed.
    ///
    /// # Errors
    /// The first parameter that is missing, malformed or not supported.
    pub(super) fn parse(self) -> Result<ExchangeRequest, Problem> {
        self.check_grant_type()?;
        self.refuse_unsupported()?;
        let subject_token = self.subject_token.ok_or_else(|| missing("subject_token"))?;
        let subject_token_type = self.subject_token_type.ok_or_else(|| missing("subject_token_type"))?;
        if subject_token_type != TOKEN_TYPE_JWT {
            return Err(invalid(format!("subject_token_type must be {TOKEN_TYPE_JWT}: a session token.")));
        }
        if self.requested_token_type.is_some_and(|requested| requested != TOKEN_TYPE_ACCESS_TOKEN) {
            let detail = format!("requested_token_type must be {TOKEN_TYPE_ACCESS_TOKEN}, or omitted.");
            return Err(invalid(detail));
        }
        let audience = self.audience.ok_or_else(|| missing("audience"))?;
        let audience = audience.parse().map_err(|reason| invalid(format!("audience {reason}.")))?;
        Ok(ExchangeRequest { subject_token, audience })
    }

    fn check_grant_type(&self) -> Result<(), Problem> {
        match self.grant_type.as_deref() {
            Some(GRANT_TYPE) => Ok(()),
            None => Err(missing("grant_type")),
            Some(_) => {
                let detail = format!("grant_type must be {GRANT_TYPE}.");
                Err(Problem::new(Code::InvalidForm, detail).with_oauth_error("unsupported_grant_type"))
            }
        }
    }

    /// Refuses what would change the meaning of the token if it were ignored.
    fn refuse_unsupported(&self) -> Result<(), Problem> {
        if self.resource.is_some() {
            let detail = "resource is not supported. Name the service in audience.";
            return Err(Problem::new(Code::InvalidAudience, detail).with_oauth_error("invalid_target"));
        }
        if self.actor_token.is_some() || self.actor_token_type.is_some() {
            let detail = "actor_token and actor_token_type are not supported. An access token is for the user alone; \
                          omit both.";
            return Err(invalid(detail.to_owned()));
        }
        if self.scope.is_some() {
            let detail = "There are no scopes. Omit scope; the audience limits what the token is for.";
            return Err(Problem::new(Code::InvalidForm, detail).with_oauth_error("invalid_scope"));
        }
        Ok(())
    }
}

fn missing(parameter: &str) -> Problem {
    invalid(format!("{parameter} is missing."))
}

fn invalid(detail: String) -> Problem {
    Problem::new(Code::InvalidForm, detail).with_oauth_error("invalid_request")
}
