//! The names that frontends and auth-service use in a token exchange (RFC 8693).

/// The path of the token endpoint.
pub const TOKEN_PATH: &str = "/api/token";

/// `grant_type` of a token exchange (RFC 8693, 2.1).
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// `subject_token_type` of a session token (RFC 8693, 3).
pub const TOKEN_TYPE_JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// `issued_token_type` of an access token (RFC 8693, 3).
pub const TOKEN_TYPE_ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
