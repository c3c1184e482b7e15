//! The deployment's metadata (RFC 8414): what a program must know to work with this deployment. `docs/discovery.md`
//! describes every member.

use actix_web::web::Bytes;
use drawbridge_cookies::topology::CookiePolicy;
use drawbridge_core::pages_path::PagesPath;
use drawbridge_http::{
    discovery::{CHANGES_PATH, PUBLIC_KEYS_PATH},
    token_exchange::{GRANT_TYPE, TOKEN_PATH},
};
use drawbridge_verification::{
    token::{ACCESS_TOKEN_TYPE, SESSION_TOKEN_TYPE},
    user_cache::WATERMARK_MAX_AGE,
};
use serde::Serialize;

use crate::config::Config;

/// The version of the HTTP API, raised when a change breaks clients.
const API_VERSION: u32 = 1;

/// The versions of the proof that are accepted.
const PROOF_VERSIONS: [u32; 2] = [1, 2];

/// How a frontend authenticates at the token endpoint: with its proof. No registered method (RFC 8414, 2) fits.
const PROOF_AUTH_METHOD: &str = "drawbridge_proof";

/// The page of web-frontend that describes the API.
const DOCUMENTATION_PATH: &str = "/openapi";

/// The share of a token's lifetime after which it is renewed.
const RENEW_AFTER: f64 = 0.5;

/// The document. Every member is always present, so that its form depends on no setting.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Metadata<'a> {
    issuer: &'a str,
    jwks_uri: String,
    token_endpoint: String,
    #[schema(value_type = Vec<String>)]
    token_endpoint_auth_methods_supported: [&'static str; 1],
    #[schema(value_type = Vec<String>)]
    grant_types_supported: [&'static str; 1],
    /// Empty: there is no authorization endpoint.
    #[schema(value_type = Vec<String>)]
    response_types_supported: [&'static str; 0],
    service_documentation: String,
    drawbridge: DeploymentMetadata<'a>,
}

/// The members that RFC 8414 does not define.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DeploymentMetadata<'a> {
    version: &'static str,
    api: u32,
    #[schema(value_type = Vec<u32>)]
    proof_versions: [u32; 2],
    previous_issuers: &'a [String],
    frontend_origin: String,
    #[schema(required)]
    backend_origin: Option<String>,
    session: SessionMetadata<'a>,
    access_token: AccessTokenMetadata,
    change_feed: ChangeFeedMetadata,
    pages: PagePaths,
    endpoints: EndpointPaths,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SessionMetadata<'a> {
    cookie: CookieMetadata<'a>,
    audience: &'a str,
    typ: &'static str,
    lifetime_seconds: u64,
    absolute_lifetime_seconds: u64,
    renew_after: f64,
}

/// The attributes that browsers receive.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CookieMetadata<'a> {
    mode: String,
    name: &'a str,
    #[schema(required)]
    domain: Option<&'a str>,
    path: &'static str,
    secure: bool,
    http_only: bool,
    same_site: String,
    partitioned: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AccessTokenMetadata {
    typ: &'static str,
    lifetime_seconds: u64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ChangeFeedMetadata {
    watermark_max_age_ms: u128,
}

/// Paths at `frontend_origin`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PagePaths {
    login: String,
    register: String,
    logout: String,
    account: String,
    forgot_password: String,
}

/// Paths of the JSON API at `frontend_origin`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EndpointPaths {
    verify: String,
    changes: String,
    token: String,
    login: String,
    refresh: String,
    logout: String,
    sessions: String,
}

impl PagePaths {
    fn new(pages: &PagesPath) -> Self {
        Self {
            login: pages.at("/login"),
            register: pages.at("/register"),
            logout: pages.at("/logout"),
            account: pages.at("/account"),
            forgot_password: pages.at("/forgot-password"),
        }
    }
}

impl EndpointPaths {
    fn new(pages: &PagesPath) -> Self {
        Self {
            verify: pages.at("/api/verify"),
            changes: pages.at(CHANGES_PATH),
            token: pages.at(TOKEN_PATH),
            login: pages.at("/api/login"),
            refresh: pages.at("/api/refresh"),
            logout: pages.at("/api/logout"),
            sessions: pages.at("/api/sessions"),
        }
    }
}

impl<'a> Metadata<'a> {
    /// The metadata of a deployment with these settings.
    pub(crate) fn new(config: &'a Config) -> Self {
        let issuer = config.tokens.parties.issuer.as_str();
        let endpoints = EndpointPaths::new(&config.pages);
        Self {
            issuer,
            jwks_uri: format!("{issuer}{PUBLIC_KEYS_PATH}"),
            token_endpoint: format!("{issuer}{}", endpoints.token),
            token_endpoint_auth_methods_supported: [PROOF_AUTH_METHOD],
            grant_types_supported: [GRANT_TYPE],
            response_types_supported: [],
            service_documentation: format!(
                "{}{}",
                config.frontend_origin,
                config.pages.at(DOCUMENTATION_PATH)
            ),
            drawbridge: DeploymentMetadata {
                version: env!("CARGO_PKG_VERSION"),
                api: API_VERSION,
                proof_versions: PROOF_VERSIONS,
                previous_issuers: &config.tokens.parties.previous_issuers,
                frontend_origin: config.frontend_origin.to_string(),
                backend_origin: config.backend_origin.as_ref().map(ToString::to_string),
                session: SessionMetadata {
                    cookie: CookieMetadata::new(config.cookie.policy()),
                    audience: &config.tokens.parties.audience,
                    typ: SESSION_TOKEN_TYPE,
                    lifetime_seconds: config.tokens.lifetime.as_secs(),
                    absolute_lifetime_seconds: config.tokens.session_lifetime.as_secs(),
                    renew_after: RENEW_AFTER,
                },
                access_token: AccessTokenMetadata {
                    typ: ACCESS_TOKEN_TYPE,
                    lifetime_seconds: config.tokens.access_lifetime.as_secs(),
                },
                change_feed: ChangeFeedMetadata { watermark_max_age_ms: WATERMARK_MAX_AGE.as_millis() },
                pages: PagePaths::new(&config.pages),
                endpoints,
            },
        }
    }

    /// The document as JSON.
    ///
    /// # Errors
    /// It cannot be serialized.
    pub(crate) fn to_json(&self) -> serde_json::Result<Bytes> {
        serde_json::to_vec(self).map(Bytes::from)
    }
}

impl<'a> CookieMetadata<'a> {
    fn new(policy: &'a CookiePolicy) -> Self {
        Self {
            mode: policy.mode.to_string(),
            name: &policy.name,
            domain: policy.domain.as_deref(),
            path: "/",
            secure: policy.secure,
            http_only: true,
            same_site: policy.same_site.to_string(),
            partitioned: policy.partitioned,
        }
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_core::settings::fixed;
    use serde_json::{Value, json};

    use super::*;

    const REQUIRED: [(&str, &str); 4] = [
        ("DATABASE_URL", "sqlite://drawbridge.db"),
        ("REDIS_URL", "memory:"),
        ("MASTER_SECRET", "0123456789abcdef0123456789abcdef"),
        ("FRONTEND_ORIGIN", "https://app.example.com"),
    ];

    fn metadata(settings: &[(&'static str, &'static str)]) -> Value {
        let environment = fixed(REQUIRED.into_iter().chain(settings.iter().copied()));
        let config = Config::read(&environment).unwrap();
        serde_json::from_slice(&Metadata::new(&config).to_json().unwrap()).unwrap()
    }

    #[test]
    fn all_urls_are_below_the_public_origin() {
        let document = metadata(&[("PUBLIC_ORIGIN", "https://login.example.com"), ("TOKEN_ISSUER", "old")]);

        assert_eq!(document["issuer"], "https://login.example.com");
        assert_eq!(document["jwks_uri"], "https://login.example.com/.well-known/jwks.json");
        assert_eq!(document["token_endpoint"], "https://login.example.com/api/token");
        assert_eq!(document["drawbridge"]["previous_issuers"], json!(["old"]));
        assert_eq!(document["drawbridge"]["frontend_origin"], "https://app.example.com");
    }

    #[test]
    fn the_cookie_is_the_one_that_browsers_receive() {
        let backend = ("BACKEND_ORIGIN", "https://api.example.com");
        let shared = [("COOKIE_MODE", "shared"), backend];

        for (mode, settings, name, domain) in [
            ("proxy", &[][..], "__Host-token", Value::Null),
            ("shared", &shared[..], "__Secure-token", json!("example.com")),
        ] {
            let cookie = metadata(settings)["drawbridge"]["session"]["cookie"].clone();
            let expected = json!({
                "mode": mode, "name": name, "domain": domain, "path": "/", "secure": true, "http_only": true,
                "same_site": "Lax", "partitioned": false,
            });
            assert_eq!(cookie, expected, "{mode}");
        }
    }

    #[test]
    fn pages_and_api_are_below_the_pages_path() {
        let document = metadata(&[("APP_URL", "http://localhost:3000")]);

        assert_eq!(document["token_endpoint"], "https://app.example.com/auth/api/token");
        assert_eq!(document["service_documentation"], "https://app.example.com/auth/openapi");
        assert_eq!(document["drawbridge"]["pages"]["login"], "/auth/login");
        assert_eq!(document["jwks_uri"], "https://app.example.com/.well-known/jwks.json");
    }

    #[test]
    fn lifetimes_are_those_of_the_settings() {
        let document =
            metadata(&[("TOKEN_LIFETIME", "1h"), ("SESSION_LIFETIME", "2h"), ("OUTAGE_GRACE", "1h")]);

        let session = &document["drawbridge"]["session"];
        assert_eq!(session["lifetime_seconds"], 3_600);
        assert_eq!(session["absolute_lifetime_seconds"], 7_200);
        assert_eq!(document["drawbridge"]["access_token"]["lifetime_seconds"], 7_200);
    }
}
