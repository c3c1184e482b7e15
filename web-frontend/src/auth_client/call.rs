use std::time::Duration;

use drawbridge_http::replicas::Retry;

/// A password is hashed after those of others, so the answer may take longer than others.
const HASH_WITHIN: Duration = Duration::from_secs(15);

/// A write waits for other changes of the database, so its answer may take this many times as long.
const WRITE_PATIENCE: u32 = 5;

/// A call of auth-service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path; `{id}` stands for an identifier.
    pub(crate) path: &'static str,
    work: Work,
    pub(crate) retry: Retry,
    /// What a success means for the cookies.
    pub(super) outcome: Outcome,
}

/// What a call does with what its path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
}

/// What auth-service has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Look,
    Write,
    /// Or something else that takes seconds.
    Hash,
}

/// What a success means for the cookies. Whatever brings a token is made a cookie of, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing by itself.
    None,
    /// With 200 there must be a token.
    SignsIn,
    /// They are cleared.
    SignsOut,
}

impl Call {
    pub(crate) const LOGIN: Self = Self::post("/api/login", Work::Hash).signs_in();
    pub(crate) const LOGIN_SECOND: Self = Self::post("/api/login/second", Work::Hash).signs_in();
    pub(crate) const LOGIN_PASSKEY_BEGIN: Self = Self::post("/api/login/passkey/begin", Work::Write);
    pub(crate) const LOGIN_PASSKEY_FINISH: Self =
        Self::post("/api/login/passkey/finish", Work::Write).signs_in();
    pub(crate) const REGISTER: Self = Self::post("/api/register", Work::Hash);
    pub(crate) const LOGOUT: Self = Self::post("/api/logout", Work::Write).idempotent().signs_out();
    pub(crate) const REFRESH: Self = Self::post("/api/refresh", Work::Look).idempotent().signs_in();
    pub(crate) const SEEN: Self = Self::post("/api/seen", Work::Look).idempotent();
    pub(crate) const ME: Self = Self::get("/api/me");
    pub(crate) const DELETE_ME: Self = Self::delete("/api/me").signs_out();
    pub(crate) const EXPORT: Self = Self { work: Work::Hash, ..Self::get("/api/me/export") };
    pub(crate) const ACCOUNT: Self = Self::get("/api/account");
    pub(crate) const ACTIVITY: Self = Self::get("/api/activity");
    pub(crate) const LINK_LOOK: Self = Self::post("/api/links/look", Work::Look).idempotent();
    pub(crate) const EMAIL_VERIFY: Self = Self::post("/api/email/verify", Work::Hash);
    pub(crate) const EMAIL_RESEND: Self = Self::post("/api/email/verify/resend", Work::Write);
    pub(crate) const EMAIL: Self = Self::post("/api/email", Work::Write);
    pub(crate) const PASSWORD: Self = Self::post("/api/password", Work::Hash);
    pub(crate) const PASSWORD_FORGOT: Self = Self::post("/api/password/forgot", Work::Write);
    pub(crate) const PASSWORD_RESET: Self = Self::post("/api/password/reset", Work::Hash);
    pub(crate) const PASSWORD_STRENGTH: Self = Self::post("/api/password/strength", Work::Look).idempotent();
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

    const fn new(method: Method, path: &'static str, work: Work, retry: Retry) -> Self {
        Self { method, path, work, retry, outcome: Outcome::None }
    }

    const fn get(path: &'static str) -> Self {
        Self::new(Method::Get, path, Work::Look, Retry::Idempotent)
    }

    /// A second time it may not do the same, so it is not tried again where the first try may have been heard.
    const fn post(path: &'static str, work: Work) -> Self {
        Self::new(Method::Post, path, work, Retry::Unheard)
    }

    const fn delete(path: &'static str) -> Self {
        Self::new(Method::Delete, path, Work::Write, Retry::Unheard)
    }

    const fn idempotent(self) -> Self {
        Self::new(self.method, self.path, self.work, Retry::Idempotent)
    }

    const fn signs_in(self) -> Self {
        Self { outcome: Outcome::SignsIn, ..self }
    }

    const fn signs_out(self) -> Self {
        Self { outcome: Outcome::SignsOut, ..self }
    }

    pub(super) fn method(&self) -> reqwest::Method {
        match self.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        }
    }

    /// How long it may take, where `usual` is what others have.
    pub(super) fn patience(&self, usual: Duration) -> Duration {
        match self.work {
            Work::Look => usual,
            Work::Write => usual * WRITE_PATIENCE,
            Work::Hash => HASH_WITHIN,
        }
    }
}
