//! The stable codes of failures, as clients see them in `application/problem+json` (RFC 9457).

macro_rules! codes {
    ($(
        $(#[doc = $meaning:literal])+
        $name:ident = $word:literal, $status:literal, $title:literal, $advice:literal;
    )*) => {
        /// The codes that clients may branch on. Their meaning never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $meaning])+ $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code as text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The code with this text.
            pub fn find(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == text)
            }

            /// The HTTP status of the code.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// A short summary that is the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What a developer or an operator should do, in plain text.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }

            /// When the failure occurs, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning),+).trim_start(),)* }
            }
        }
    };
}

// Each row: when the failure occurs; its name, code, status and title; and what to do.
codes! {
    /// The body is not JSON, or not UTF-8.
    MalformedJson = "malformed_json", 400, "Malformed JSON",
        "Send one JSON object in UTF-8. The detail names the line and column at which parsing failed.";
    /// The body is JSON, but a field is missing, unknown, duplicated or of the wrong type.
    InvalidBody = "invalid_body", 422, "Invalid request body",
        "Compare the body with the schema of the operation. The detail names the field. Unknown fields are \
         refused.";
    /// A field of a form is missing, repeated, invalid or not supported.
    InvalidForm = "invalid_form", 400, "Invalid form",
        "Send the fields of the operation, each once, as application/x-www-form-urlencoded. The detail says what \
         is wrong.";
    /// The query string cannot be parsed.
    InvalidQuery = "invalid_query", 400, "Invalid query string",
        "Send only the parameters of the operation, each at most once.";
    /// The request cannot be parsed.
    BadRequest = "bad_request", 400, "Bad request",
        "Send the request as described for the operation, with its whole body.";
    /// The path could be read as that of a guarded page, for example because it contains `%2f` or `..`.
    AmbiguousPath = "ambiguous_path", 400, "Ambiguous path",
        "Send the path without encoded slashes, backslashes, semicolons, empty segments and . or .. segments.";
    /// An upstream redirects to a URL that the frontend does not serve.
    BadRedirect = "bad_redirect", 502, "Redirect leads nowhere",
        "Operators: let the application redirect below the URL in UPSTREAMS, or put that path into UPSTREAMS as well.";
    /// The endpoint does not accept this content type.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported media type",
        "Send the body in the content type of the operation, usually with Content-Type: application/json.";
    /// The body exceeds the limit of the endpoint.
    PayloadTooLarge = "payload_too_large", 413, "Request body too large",
        "Send a smaller body. The detail names the limit.";
    /// The request took too long to arrive.
    RequestTimeout = "request_timeout", 408, "Request timed out",
        "Send the whole request without pauses, and try again.";
    /// No resource exists at this path.
    NotFound = "not_found", 404, "Not found",
        "Check the path and the ID in it.";
    /// The resource does not support this method.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed",
        "Use one of the methods in the Allow header.";
    /// The e-mail address is not valid.
    InvalidEmail = "invalid_email", 422, "Invalid e-mail address",
        "Ask the user to correct the address. It must have the form name@domain.";
    /// The password is shorter than the deployment allows.
    PasswordTooShort = "password_too_short", 422, "Password too short",
        "Ask the user for a longer password. The detail names the minimum length.";
    /// The password is longer than 1,024 bytes.
    PasswordTooLong = "password_too_long", 422, "Password too long",
        "Ask the user for a shorter password. The detail names the maximum length.";
    /// The password is easy to guess.
    PasswordTooCommon = "password_too_common", 422, "Password too easy to guess",
        "Ask the user for a password that is harder to guess, such as four unrelated words.";
    /// The password appears in a data breach of another site.
    PasswordLeaked = "password_leaked", 422, "Password known from a data breach",
        "Ask the user for a password that they use nowhere else.";
    /// An account with this address already exists.
    EmailTaken = "email_taken", 409, "E-mail address already in use",
        "Let the user sign in or reset the password, or use another address.";
    /// No account has this address and password.
    InvalidCredentials = "invalid_credentials", 401, "Wrong e-mail address or password",
        "Ask the user to check the address and the password. The response is the same if no account has the \
         address.";
    /// The password is right, and the account requires a second factor as well.
    SecondFactorRequired = "second_factor_required", 401, "Second factor required",
        "Send a code of the authenticator app or a recovery code as well, or use a passkey.";
    /// The code is wrong, already used or expired.
    InvalidCode = "invalid_code", 401, "Invalid code",
        "Wait for the next code of the authenticator app, or use another recovery code. Each code works \
         once.";
    /// The response of the passkey is not valid for this request.
    InvalidPasskey = "invalid_passkey", 401, "Passkey not accepted",
        "Request a new challenge and try again, or sign in another way. The log of auth-service has the \
         reason.";
    /// The second step came too long after the first.
    LoginExpired = "login_expired", 401, "Sign-in expired",
        "Start the sign-in again with the password.";
    /// The action requires a recent confirmation of the user's identity (step-up).
    ConfirmationRequired = "confirmation_required", 403, "Confirmation required",
        "Let the user confirm their identity with POST /api/confirm or a passkey, then repeat the request.";
    /// The link has been used, has been replaced or has expired.
    LinkInvalid = "link_invalid", 410, "Link no longer valid",
        "Let the user request a new link.";
    /// The deployment cannot send e-mail.
    MailNotConfigured = "mail_not_configured", 501, "E-mail not configured",
        "Operators: set SMTP_URL and MAIL_FROM of auth-service.";
    /// Second factors are turned off, or the address does not support passkeys.
    FactorNotPossible = "factor_not_possible", 409, "Second factor not available",
        "Do not offer this factor. Operators: check SECOND_FACTOR, and whether the frontend's host is a \
         domain name.";
    /// The set-up of the authenticator app has not been started.
    TotpNotBegun = "totp_not_begun", 409, "Authenticator set-up not started",
        "Start the set-up again with POST /api/totp/begin.";
    /// The account already has an authenticator app.
    TotpPresent = "totp_present", 409, "Authenticator app already set up",
        "Let the user remove the authenticator app before they add another one.";
    /// The account has no second factor that recovery codes could replace.
    NoSecondFactor = "no_second_factor", 409, "No second factor",
        "Let the user add an authenticator app or a passkey first.";
    /// The site requires a second factor, and this is the last one.
    LastFactor = "last_factor", 409, "Last second factor",
        "Let the user add another second factor first.";
    /// Removing this credential would leave no way to sign in to the account.
    LastWayIn = "last_way_in", 409, "Last way to sign in",
        "Let the user set a password first.";
    /// The passkey is already registered.
    PasskeyKnown = "passkey_known", 409, "Passkey already registered",
        "Nothing needs to be added: this passkey already belongs to an account.";
    /// The account has no such passkey.
    PasskeyNotFound = "passkey_not_found", 404, "Passkey not found",
        "Reload the list of passkeys. It may have been removed on another device.";
    /// The account has the maximum number of passkeys.
    TooManyPasskeys = "too_many_passkeys", 409, "Too many passkeys",
        "Let the user remove a passkey that they no longer use.";
    /// A name is empty, too long or contains control characters.
    InvalidName = "invalid_name", 422, "Invalid name",
        "Ask the user for a name of 1 to 60 characters without control characters.";
    /// The request has no token.
    MissingToken = "missing_token", 403, "Missing token",
        "Send the session cookie, or the token in Authorization: Bearer. Let the user sign in if there is \
         none.";
    /// The token is not one of ours, or the request has several tokens and not exactly one is valid.
    InvalidToken = "invalid_token", 403, "Invalid token",
        "Let the user sign in again. If it happens to everyone, check that all services use the same \
         database, PUBLIC_ORIGIN and TOKEN_AUDIENCE.";
    /// The token has expired.
    ExpiredToken = "expired_token", 403, "Expired token",
        "Let the user sign in again.";
    /// The token's user no longer exists.
    UserNotFound = "user_not_found", 401, "User not found",
        "Treat the user as signed out: the account was deleted.";
    /// The token's user is disabled.
    UserDisabled = "user_disabled", 401, "User disabled",
        "Let the user contact the operator. Operators: drawbridge user enable.";
    /// The token's session has been ended.
    SessionRevoked = "session_revoked", 401, "Session revoked",
        "Treat the user as signed out, and let them sign in again.";
    /// A browser that had signed in sent no session cookie.
    CookieMissing = "cookie_missing", 403, "Session cookie missing",
        "Run drawbridge doctor, which finds out where the cookie is lost.";
    /// The session cookie arrived under a different name.
    CookieOtherName = "cookie_other_name", 403, "Session cookie has a different name",
        "Use the same COOKIE_NAME and COOKIE_MODE for all services, or list the old name in COOKIE_PREVIOUS.";
    /// The page was opened on a different host from the one that the cookie belongs to.
    CookieOtherHost = "cookie_other_host", 403, "Session cookie belongs to a different host",
        "Redirect one host to the other, or let the proxy pass the Host header on.";
    /// Several session cookies arrived, and not exactly one is valid.
    CookieDuplicate = "cookie_duplicate", 403, "Duplicate session cookies",
        "List the older cookie in COOKIE_PREVIOUS, which expires it.";
    /// The page was opened over plain http, and the cookie is sent over https only.
    TlsMissing = "tls_missing", 403, "HTTPS required",
        "Redirect http to https.";
    /// The clocks of the deployment disagree.
    ClockSkew = "clock_skew", 403, "Clocks disagree",
        "Synchronize the clocks of all servers (NTP).";
    /// The user is signed in, but does not have the role that this page requires.
    MissingRole = "missing_role", 403, "Role required",
        "Ask the operator for the role. Operators: `drawbridge user roles` adds roles to an account.";
    /// A request that changes something came from another site.
    CrossSiteRequest = "cross_site_request", 403, "Cross-site request refused",
        "Send the request from a page of this deployment. Operators: register the origin, or add it to \
         ALLOWED_ORIGINS.";
    /// The token of the form does not belong to this page session.
    StaleForm = "stale_form", 403, "Form expired",
        "Reload the page and submit the form again.";
    /// The endpoint is for frontends that prove themselves.
    ProofRequired = "proof_required", 401, "Proof required",
        "Sign the request with the key of the frontend. The endpoint is not for browsers.";
    /// The frontend may not request tokens for this audience, or sends `resource`, which is not supported.
    InvalidAudience = "invalid_audience", 400, "Audience not allowed",
        "Send an audience that is configured for this frontend. Operators: drawbridge frontend.";
    /// The proof of a frontend is not valid for this request.
    InvalidProof = "invalid_proof", 401, "Invalid proof",
        "Compare how the proof is computed with its description, and check the clock of the frontend's \
         server.";
    /// No frontend has this key, or the key was removed.
    UnknownKey = "unknown_key", 401, "Unknown key",
        "Use the current key of the frontend. Operators: drawbridge frontend rotate-key prints a new one.";
    /// The nonce of the proof was used before.
    ProofReplayed = "proof_replayed", 401, "Proof already used",
        "Compute a new proof with a new nonce for every request, also when you repeat one.";
    /// The frontend acts for an origin that is not registered for it.
    OriginNotRegistered = "origin_not_registered", 403, "Origin not registered",
        "Act only for the origins of this frontend. Operators: drawbridge frontend registers origins.";
    /// A preview announced something that is not an origin at which browsers store cookies.
    InvalidOrigin = "invalid_origin", 422, "Invalid origin",
        "Announce an https origin, such as https://preview-1.example.com, without a path.";
    /// A preview announced an origin that belongs to another frontend or to the deployment.
    OriginTaken = "origin_taken", 409, "Origin belongs to someone else",
        "Announce an origin that only this preview uses.";
    /// The frontend has the maximum number of previews.
    TooManyPreviews = "too_many_previews", 409, "Too many previews",
        "Wait until earlier previews expire. A preview is registered for a day.";
    /// Too many attempts; `Retry-After` says when the next one is allowed.
    TooManyAttempts = "too_many_attempts", 429, "Too many attempts",
        "Wait for the time in Retry-After. Operators: check TRUSTED_PROXIES if all users share a limit.";
    /// The service is at capacity.
    Busy = "busy", 503, "Service busy",
        "Try again after the time in Retry-After. Operators: add cores, or raise BCRYPT_QUEUE.";
    /// A dependency that the response needs is unreachable.
    Unavailable = "unavailable", 503, "Service unavailable",
        "Try again after the time in Retry-After. No user was signed out. Operators: check the database and \
         Redis.";
    /// The service failed.
    Internal = "internal_error", 500, "Internal error",
        "Report the request ID to the operator. Operators: search the logs for it.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_says_when_it_occurs_and_what_to_do() {
        for code in Code::ALL {
            for text in [code.meaning(), code.advice()] {
                assert!(text.starts_with(char::is_uppercase) && text.ends_with('.'), "{code:?}: {text}");
            }
        }
    }

    #[test]
    fn a_code_is_found_by_its_text() {
        assert_eq!(Code::find("invalid_token"), Some(Code::InvalidToken));
        assert_eq!(Code::find("InvalidToken"), None);
    }
}
