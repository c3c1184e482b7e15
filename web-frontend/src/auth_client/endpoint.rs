use std::time::Duration;

use drawbridge_http::{replicas::Retry, token_exchange::TOKEN_PATH};

/// How long an endpoint that hashes a password may take: it can queue behind other hashes.
const HASH_TIMEOUT: Duration = Duration::from_secs(15);

/// How many times longer an endpoint that writes may take than others: it can queue behind other writes.
const WRITE_TIMEOUT_FACTOR: u32 = 5;

/// An endpoint of auth-service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuthEndpoint {
    pub(crate) method: EndpointMethod,
    /// The path; `{id}` is a placeholder.
    pub(crate) path: &'static str,
    work: Work,
    pub(super) retry: Retry,
    pub(super) effect: SessionEffect,
}

/// The HTTP method of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndpointMethod {
    Get,
    Post,
    Delete,
}

/// What auth-service does for a request, which determines how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Read,
    Write,
    /// Hashes a password, or takes seconds for another reason.
    Hash,
}

/// What a success means for the session. A token in any response becomes a cookie as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionEffect {
    None,
    /// The user has proven their identity. Status 200 must come with a token.
    SignsIn,
    /// The session continues. Status 200 must come with a token.
    Renews,
    /// The cookies are cleared.
    SignsOut,
}

impl SessionEffect {
    /// Returns true if status 200 must come with a token.
    pub(super) fn needs_token(self) -> bool {
        matches!(self, Self::SignsIn | Self::Renews)
    }
}

impl AuthEndpoint {
    pub(crate) const LOGIN: Self = Self::post("/api/login", Work::Hash).signs_in();
    pub(crate) const LOGIN_SECOND: Self = Self::post("/api/login/second", Work::Hash).signs_in();
    pub(crate) const LOGIN_PASSKEY_BEGIN: Self = Self::post("/api/login/passkey/begin", Work::Write);
    pub(crate) const LOGIN_PASSKEY_FINISH: Self =
        Self::post("/api/login/passkey/finish", Work::Write).signs_in();
    pub(crate) const REGISTER: Self = Self::post("/api/register", Work::Hash);
    pub(crate) const LOGOUT: Self = Self::post("/api/logout", Work::Write).idempotent().signs_out();
    pub(crate) const REFRESH: Self = Self::post("/api/refresh", Work::Read).idempotent().renews();
    pub(crate) const PREVIEW: Self = Self::post("/api/frontends/preview", Work::Write);
    pub(crate) const TOKEN: Self = Self::post(TOKEN_PATH, Work::Read).idempotent();
    pub(crate) const REGISTERED_ORIGINS: Self = Self::get("/api/frontends/origins");
    pub(crate) const SEEN: Self = Self::post("/api/seen", Work::Read).idempotent();
    pub(crate) const ME: Self = Self::get("/api/me");
    pub(crate) const DELETE_ME: Self = Self::delete("/api/me").signs_out();
    pub(crate) const EXPORT: Self = Self { work: Work::Hash, ..Self::get("/api/me/export") };
    pub(crate) const ACCOUNT: Self = Self::get("/api/account");
    pub(crate) const ACTIVITY: Self = Self::get("/api/activity");
    pub(crate) const LINK_LOOK: Self = Self::post("/api/links/look", Work::Read).idempotent();
    pub(crate) const EMAIL_VERIFY: Self = Self::post("/api/email/verify", Work::Hash);
    pub(crate) const EMAIL_RESEND: Self = Self::post("/api/email/verify/resend", Work::Write);
    pub(crate) const EMAIL: Self = Self::post("/api/email", Work::Write);
    pub(crate) const PASSWORD: Self = Self::post("/api/password", Work::Hash);
    pub(crate) const PASSWORD_FORGOT: Self = Self::post("/api/password/forgot", Work::Write);
    pub(crate) const PASSWORD_RESET: Self = Self::post("/api/password/reset", Work::Hash);
    pub(crate) const PASSWORD_STRENGTH: Self = Self::post("/api/password/strength", Work::Read).idempotent();
    pub(crate) const CONFIRM: Self = Self::post("/api/confirm", Work::Hash);
    pub(crate) const CONFIRM_PASSKEY_BEGIN: Self = Self::post("/api/confirm/passkey/begin", Work::Write);
    pub(crate) const CONFIRM_PASSKEY_FINISH: Self = Self::post("/api/confirm/passkey/finish", Work::Write);
    pub(crate) const SESSIONS: Self = Self::get("/api/sessions");
    pub(crate) const END_SESSION: Self = Self::delete("/api/sessions/{id}");
    pub(crate) const END_OTHER_SESSIONS: Self = Self::delete("/api/sessions");
    pub(crate) const TOTP_BEGIN: Self = Self::post("/api/totp/begin", Work::Write);
    pub(crate) const TOTP_CONFIRM: Self = Self::post("/api/totp/confirm", Work::Hash);
    pub(crate) const REMOVE_TOTP: Self = Self::delete("/api/totp");
    pub(crate) const RECOVERY_CODES: Self = Self::post("/api/recovery-codes", Work::Write);
    pub(crate) const PASSKEY_BEGIN: Self = Self::post("/api/passkeys/begin", Work::Write);
    pub(crate) const PASSKEY_FINISH: Self = Self::post("/api/passkeys/finish", Work::Write);
    pub(crate) const RENAME_PASSKEY: Self = Self::post("/api/passkeys/{id}", Work::Write).idempotent();
    pub(crate) const REMOVE_PASSKEY: Self = Self::delete("/api/passkeys/{id}");

    const fn new(method: EndpointMethod, path: &'static str, work: Work, retry: Retry) -> Self {
        Self { method, path, work, retry, effect: SessionEffect::None }
    }

    const fn get(path: &'static str) -> Self {
        Self::new(EndpointMethod::Get, path, Work::Read, Retry::Idempotent)
    }

    /// Repeating a `POST` may have another effect, so it is retried only if the first try cannot have
    /// arrived.
    const fn post(path: &'static str, work: Work) -> Self {
        Self::new(EndpointMethod::Post, path, work, Retry::OnlyIfUnsent)
    }

    const fn delete(path: &'static str) -> Self {
        Self::new(EndpointMethod::Delete, path, Work::Write, Retry::OnlyIfUnsent)
    }

    const fn idempotent(self) -> Self {
        Self { retry: Retry::Idempotent, ..self }
    }

    const fn signs_in(self) -> Self {
        Self { effect: SessionEffect::SignsIn, ..self }
    }

    const fn renews(self) -> Self {
        Self { effect: SessionEffect::Renews, ..self }
    }

    const fn signs_out(self) -> Self {
        Self { effect: SessionEffect::SignsOut, ..self }
    }

    pub(super) fn method(&self) -> reqwest::Method {
        match self.method {
            EndpointMethod::Get => reqwest::Method::GET,
            EndpointMethod::Post => reqwest::Method::POST,
            EndpointMethod::Delete => reqwest::Method::DELETE,
        }
    }

    /// How long a request may take, given the usual limit.
    pub(super) fn timeout(&self, usual: Duration) -> Duration {
        match self.work {
            Work::Read => usual,
            Work::Write => usual * WRITE_TIMEOUT_FACTOR,
            Work::Hash => HASH_TIMEOUT,
        }
    }
}
