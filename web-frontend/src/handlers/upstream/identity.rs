//! What an upstream learns about who sent a request.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header::HeaderValue};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_guard::{Refusal, RequestSession};
use drawbridge_http::problem::Problem;
use drawbridge_verification::{
    Verified,
    token::{ACCESS_TOKEN_TYPE, SESSION_TOKEN_TYPE},
};
use serde_json::Value;

use crate::{access_tokens::AccessToken, app::App, upstreams::Upstream};

/// The value of `X-Auth-Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuthStatus {
    SignedIn,
    Anonymous,
    /// An outage kept web-frontend from finding out, which does not mean that there is no session.
    Unknown,
}

impl AuthStatus {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::Anonymous => "anonymous",
            Self::Unknown => "unknown",
        }
    }
}

/// Finds the session of a request.
///
/// # Errors
/// There are several session tokens, and not exactly one is valid.
pub(super) async fn find_session(app: &App, request: &HttpRequest) -> Result<RequestSession, Refusal> {
    Ok(match app.guard.find_session(request).await? {
        // Tokens that cannot be verified may be the application's own.
        RequestSession::Unknown { tokens }
            if !tokens.iter().any(|token| is_session_token(token, &app.audience)) =>
        {
            RequestSession::Anonymous { refusal: Refusal::MissingToken }
        }
        session => session,
    })
}

/// Who a request comes from.
#[derive(Debug)]
pub(super) struct UpstreamIdentity {
    pub(super) status: AuthStatus,
    /// The user, if the client is signed in.
    pub(super) verified: Option<Box<Verified>>,
    pub(super) access_token: Option<Arc<AccessToken>>,
    /// The session of a connection that stays open.
    pub(super) session_token: Option<String>,
}

impl UpstreamIdentity {
    /// Finds an access token for the upstream.
    pub(super) async fn new(
        app: &App,
        upstream: &Upstream,
        request: &HttpRequest,
        session: RequestSession,
    ) -> Self {
        match session {
            RequestSession::Anonymous { .. } => Self::anonymous(),
            RequestSession::Unknown { tokens } => {
                // With several tokens, a sibling host may have planted a session of another user.
                let token = <[String; 1]>::try_from(tokens).ok().map(|[token]| token);
                let kept = token
                    .as_ref()
                    .and_then(|token| app.access_tokens.find_kept_for(token, &upstream.audience));
                Self { status: AuthStatus::Unknown, access_token: kept, session_token: token, verified: None }
            }
            RequestSession::SignedIn { token, verified } => {
                let browser = || app.browser_context(request);
                let exchanged = app.access_tokens.get(&token, &upstream.audience, browser).await;
                Self::signed_in(upstream, token, verified, exchanged)
            }
        }
    }

    fn signed_in(
        upstream: &Upstream,
        token: String,
        verified: Box<Verified>,
        exchanged: Result<Option<Arc<AccessToken>>, Problem>,
    ) -> Self {
        let identity = Self { session_token: Some(token), verified: Some(verified), ..Self::anonymous() };
        match exchanged {
            Ok(None) => Self::anonymous(),
            Ok(access_token) => Self { status: AuthStatus::SignedIn, access_token, ..identity },
            Err(problem) => {
                let cause = problem.cause().unwrap_or_else(|| problem.detail());
                tracing::warn!(cause, "no access token for {upstream}");
                // The application reads the user from the headers; a server in UPSTREAMS needs the token.
                if upstream.is_application() {
                    return Self { status: AuthStatus::SignedIn, ..identity };
                }
                Self { status: AuthStatus::Unknown, verified: None, ..identity }
            }
        }
    }

    fn anonymous() -> Self {
        Self { status: AuthStatus::Anonymous, verified: None, access_token: None, session_token: None }
    }

    /// Returns true if the client's `Authorization` is its own. A session token never reaches an upstream, however the
    /// client writes it.
    pub(super) fn is_own_authorization(&self, authorization: &HeaderValue, own_audience: &str) -> bool {
        let is_token_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let words = authorization.as_bytes().split(|byte| !is_token_byte(byte));
        !words
            .filter_map(|word| str::from_utf8(word).ok())
            .any(|word| self.session_token.as_deref() == Some(word) || is_session_token(word, own_audience))
    }
}

/// Returns true if a JWT claims to be a session token: by its type or, before sessions had one, by the deployment's
/// audience.
fn is_session_token(token: &str, own_audience: &str) -> bool {
    let mut parts = token.split('.').map(|part| {
        let json = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Value>(&json).ok()
    });
    let (Some(Some(header)), Some(Some(claims))) = (parts.next(), parts.next()) else { return false };
    let typ = header.get("typ").and_then(Value::as_str);
    let audience = claims.get("aud").and_then(Value::as_str);
    typ == Some(SESSION_TOKEN_TYPE) || (typ == Some(ACCESS_TOKEN_TYPE) && audience == Some(own_audience))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://app.example.com";

    #[test]
    fn a_session_token_is_never_the_clients_own() {
        let token = |typ: &str, audience: &str| {
            let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"typ":"{typ}"}}"#));
            let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"aud":"{audience}"}}"#));
            format!("{header}.{claims}.x")
        };
        let session = token(SESSION_TOKEN_TYPE, "shops");
        let old_session = token(ACCESS_TOKEN_TYPE, OWN);
        let identity =
            UpstreamIdentity { session_token: Some("a.b.c".into()), ..UpstreamIdentity::anonymous() };

        for (case, value, expected) in [
            ("basic", "Basic YTpi".to_owned(), true),
            ("the session after a tab", "Bearer\ta.b.c".to_owned(), false),
            ("another token", format!("Bearer {}", token("JWT", OWN)), true),
            ("an access token", format!("Bearer {}", token(ACCESS_TOKEN_TYPE, "orders")), true),
            ("opaque", "Bearer opaque".to_owned(), true),
            ("no token", "Bearer".to_owned(), true),
            ("the session", "bearer a.b.c".to_owned(), false),
            ("another session", format!("Bearer  {session}"), false),
            ("a session of the old form", format!("Bearer {old_session}"), false),
            ("after a comma", format!("Bearer,{session}"), false),
            ("in quotation marks", format!("Token token=\"{session}\""), false),
            ("before a byte that is not ASCII", format!("Bearer {session} \u{e9}"), false),
        ] {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            assert_eq!(identity.is_own_authorization(&value, OWN), expected, "{case}");
        }
    }
}
