//! The stable codes of failures, as clients see them in `application/problem+json` (RFC 9457).

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:literal, $title:literal;)*) => {
        /// The codes that clients may branch on. Their meaning never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code as text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The HTTP status of the code.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// A short summary that is the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or not UTF-8.
    MalformedJson = "malformed_json", 400, "Malformed JSON";
    /// The body is JSON, but a field is missing, unknown, duplicated or of the wrong type.
    InvalidBody = "invalid_body", 422, "Invalid request body";
    /// The fields of a form cannot be parsed.
    InvalidForm = "invalid_form", 400, "Invalid form";
    /// The query string cannot be parsed.
    InvalidQuery = "invalid_query", 400, "Invalid query string";
    /// The request cannot be parsed.
    BadRequest = "bad_request", 400, "Bad request";
    /// The endpoint does not accept this content type.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported media type";
    /// The body exceeds the limit of the endpoint.
    PayloadTooLarge = "payload_too_large", 413, "Request body too large";
    /// The request took too long to arrive.
    RequestTimeout = "request_timeout", 408, "Request timed out";
    /// No resource exists at this path.
    NotFound = "not_found", 404, "Not found";
    /// The resource does not support this method.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The e-mail address is not valid.
    InvalidEmail = "invalid_email", 422, "Invalid e-mail address";
    /// The password is shorter than the deployment allows.
    PasswordTooShort = "password_too_short", 422, "Password too short";
    /// The password is longer than 1,024 bytes.
    PasswordTooLong = "password_too_long", 422, "Password too long";
    /// The password is easy to guess.
    PasswordTooCommon = "password_too_common", 422, "Password too easy to guess";
    /// The password appears in a data breach of another site.
    PasswordLeaked = "password_leaked", 422, "Password known from a data breach";
    /// An account with this address already exists.
    EmailTaken = "email_taken", 409, "E-mail address already in use";
    /// No account has this address and password.
    InvalidCredentials = "invalid_credentials", 401, "Wrong e-mail address or password";
    /// The password is right, and the account requires a second factor as well.
    SecondFactorRequired = "second_factor_required", 401, "Second factor required";
    /// The code is wrong, already used or expired.
    InvalidCode = "invalid_code", 401, "Invalid code";
    /// The response of the passkey is not valid for this request.
    InvalidPasskey = "invalid_passkey", 401, "Passkey not accepted";
    /// The second step came too long after the first.
    LoginExpired = "login_expired", 401, "Sign-in expired";
    /// The action requires a recent confirmation of the user's identity (step-up).
    ConfirmationRequired = "confirmation_required", 403, "Confirmation required";
    /// The link has been used, has been replaced or has expired.
    LinkInvalid = "link_invalid", 410, "Link no longer valid";
    /// The deployment cannot send e-mail.
    MailNotConfigured = "mail_not_configured", 501, "E-mail not configured";
    /// Second factors are turned off, or the address does not support passkeys.
    FactorNotPossible = "factor_not_possible", 409, "Second factor not available";
    /// The set-up of the authenticator app has not been started.
    TotpNotBegun = "totp_not_begun", 409, "Authenticator set-up not started";
    /// The account already has an authenticator app.
    TotpPresent = "totp_present", 409, "Authenticator app already set up";
    /// The account has no second factor that recovery codes could replace.
    NoSecondFactor = "no_second_factor", 409, "No second factor";
    /// The site requires a second factor, and this is the last one.
    LastFactor = "last_factor", 409, "Last second factor";
    /// Removing this credential would leave no way to sign in to the account.
    LastWayIn = "last_way_in", 409, "Last way to sign in";
    /// The passkey is already registered.
    PasskeyKnown = "passkey_known", 409, "Passkey already registered";
    /// The account has no such passkey.
    PasskeyNotFound = "passkey_not_found", 404, "Passkey not found";
    /// The account has the maximum number of passkeys.
    TooManyPasskeys = "too_many_passkeys", 409, "Too many passkeys";
    /// A name is empty, too long or contains control characters.
    InvalidName = "invalid_name", 422, "Invalid name";
    /// The request has no token.
    MissingToken = "missing_token", 403, "Missing token";
    /// The token is not one of ours, or the request has several tokens and not exactly one is valid.
    InvalidToken = "invalid_token", 403, "Invalid token";
    /// The token has expired.
    ExpiredToken = "expired_token", 403, "Expired token";
    /// The token's user no longer exists.
    UserNotFound = "user_not_found", 401, "User not found";
    /// The token's user is disabled.
    UserDisabled = "user_disabled", 401, "User disabled";
    /// The token's session has been ended.
    SessionRevoked = "session_revoked", 401, "Session revoked";
    /// A browser that had signed in sent no session cookie.
    CookieMissing = "cookie_missing", 403, "Session cookie missing";
    /// The session cookie arrived under a different name.
    CookieOtherName = "cookie_other_name", 403, "Session cookie has a different name";
    /// The page was opened on a different host from the one that the cookie belongs to.
    CookieOtherHost = "cookie_other_host", 403, "Session cookie belongs to a different host";
    /// Several session cookies arrived, and not exactly one is valid.
    CookieDuplicate = "cookie_duplicate", 403, "Duplicate session cookies";
    /// The page was opened over plain http, and the cookie is sent over https only.
    TlsMissing = "tls_missing", 403, "HTTPS required";
    /// The clocks of the deployment disagree.
    ClockSkew = "clock_skew", 403, "Clocks disagree";
    /// A request that changes something came from another site.
    CrossSiteRequest = "cross_site_request", 403, "Cross-site request refused";
    /// The token of the form does not belong to this page session.
    StaleForm = "stale_form", 403, "Form expired";
    /// Too many attempts; `Retry-After` says when the next one is allowed.
    TooManyAttempts = "too_many_attempts", 429, "Too many attempts";
    /// The service is at capacity.
    Busy = "busy", 503, "Service busy";
    /// A dependency that the response needs is unreachable.
    Unavailable = "unavailable", 503, "Service unavailable";
    /// The service failed.
    Internal = "internal_error", 500, "Internal error";
}
