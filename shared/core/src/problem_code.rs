//! The stable codes of failures, as clients see them in `application/problem+json` (RFC 9457).

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:literal, $title:literal;)*) => {
        /// The words that clients may branch on. They never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// A short summary, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or not UTF-8.
    MalformedJson = "malformed_json", 400, "The body is not JSON";
    /// The body is JSON, but a field is missing, unknown or of another type.
    InvalidBody = "invalid_body", 422, "The body has another shape";
    /// A form's fields cannot be read.
    InvalidForm = "invalid_form", 400, "The form cannot be read";
    /// The query string cannot be read.
    InvalidQuery = "invalid_query", 400, "The query cannot be read";
    /// The request cannot be understood at all.
    BadRequest = "bad_request", 400, "The request cannot be understood";
    /// The body is not of a type that this endpoint reads.
    UnsupportedMediaType = "unsupported_media_type", 415, "Another content type is needed";
    /// The body is larger than this endpoint reads.
    PayloadTooLarge = "payload_too_large", 413, "The body is too large";
    /// The request took too long to arrive.
    RequestTimeout = "request_timeout", 408, "The request took too long";
    /// There is nothing at this path.
    NotFound = "not_found", 404, "Nothing is here";
    /// There is something at this path, but not for this method.
    MethodNotAllowed = "method_not_allowed", 405, "Another method is needed";
    /// The e-mail address cannot be one.
    InvalidEmail = "invalid_email", 422, "The e-mail address is not valid";
    /// The password is shorter than this deployment takes.
    PasswordTooShort = "password_too_short", 422, "The password is too short";
    /// The password is longer than 1,024 bytes.
    PasswordTooLong = "password_too_long", 422, "The password is too long";
    /// The password is among the first that somebody who guesses would try.
    PasswordTooCommon = "password_too_common", 422, "The password is easily guessed";
    /// The password is known from a leak of some other site.
    PasswordLeaked = "password_leaked", 422, "The password is known from a leak";
    /// An account has this address already.
    EmailTaken = "email_taken", 409, "The address has an account";
    /// The address has no account, or the password is another.
    InvalidCredentials = "invalid_credentials", 401, "E-mail address or password is wrong";
    /// The password is right, and the account asks for a second factor, too.
    SecondFactorRequired = "second_factor_required", 401, "A second factor is needed";
    /// The code is wrong, has been used, or its time is over.
    InvalidCode = "invalid_code", 401, "The code is not valid";
    /// The passkey's answer is not the one that was asked for.
    InvalidPasskey = "invalid_passkey", 401, "The passkey was not accepted";
    /// The second step came too long after the first.
    LoginExpired = "login_expired", 401, "The sign-in took too long";
    /// What is asked for needs the person to show again who they are.
    ConfirmationRequired = "confirmation_required", 403, "Show again that it is you";
    /// The link was used, replaced, or its time is over.
    LinkInvalid = "link_invalid", 410, "The link is no longer good";
    /// Nothing here can send mail.
    MailNotConfigured = "mail_not_configured", 501, "This site sends no mail";
    /// The deployment has second factors switched off, or an address that no passkey can be bound to.
    FactorNotPossible = "factor_not_possible", 409, "This is not possible here";
    /// The set-up of the authenticator app was not begun.
    TotpNotBegun = "totp_not_begun", 409, "The set-up was not begun";
    /// There is an authenticator app already.
    TotpPresent = "totp_present", 409, "There is an authenticator app already";
    /// There is no second factor that recovery codes could stand in for.
    NoSecondFactor = "no_second_factor", 409, "There is no second factor";
    /// This site asks for a second factor, and this is the last one.
    LastFactor = "last_factor", 409, "This is the last second factor";
    /// Without it nobody could sign in to the account any more.
    LastWayIn = "last_way_in", 409, "This is the last way to sign in";
    /// The passkey is in use already.
    PasskeyKnown = "passkey_known", 409, "The passkey is known already";
    /// The account has no such passkey.
    PasskeyNotFound = "passkey_not_found", 404, "There is no such passkey";
    /// The account has as many passkeys as it may have.
    TooManyPasskeys = "too_many_passkeys", 409, "There are too many passkeys";
    /// A name is empty, too long, or has characters that cannot be shown.
    InvalidName = "invalid_name", 422, "The name cannot be taken";
    /// No token came with the request.
    MissingToken = "missing_token", 403, "No token came with the request";
    /// The token is not one of ours, or not the only one.
    InvalidToken = "invalid_token", 403, "The token is not valid";
    /// The token's time is over.
    ExpiredToken = "expired_token", 403, "The token has expired";
    /// The token's user is gone.
    UserNotFound = "user_not_found", 401, "The user does not exist";
    /// The token's user may not sign in.
    UserDisabled = "user_disabled", 401, "The user is disabled";
    /// The token's session was ended.
    SessionRevoked = "session_revoked", 401, "The session has ended";
    /// A browser that was signed in brought no session cookie.
    CookieMissing = "cookie_missing", 403, "The sign-in cookie does not arrive";
    /// It brought one under another name than is read here.
    CookieOtherName = "cookie_other_name", 403, "The sign-in cookie has another name";
    /// The page was opened at another host than the cookie is kept for.
    CookieOtherHost = "cookie_other_host", 403, "The sign-in cookie is kept for another address";
    /// Several cookies of the session's name came, and not exactly one is good.
    CookieDuplicate = "cookie_duplicate", 403, "Two sign-in cookies arrive where one should";
    /// The page came over plain http, and the cookie goes over https alone.
    TlsMissing = "tls_missing", 403, "The page was opened without encryption";
    /// The machines of the deployment do not agree what time it is.
    ClockSkew = "clock_skew", 403, "The clocks of this site differ";
    /// A request that changes something came from another site.
    CrossSiteRequest = "cross_site_request", 403, "The request came from another site";
    /// The form's token is not the one that this visitor was given.
    StaleForm = "stale_form", 403, "The form is out of date";
    /// There were too many attempts; the next is free after `Retry-After`.
    TooManyAttempts = "too_many_attempts", 429, "Too many attempts";
    /// The service has as much work as it takes on; try again.
    Busy = "busy", 503, "The service is busy";
    /// Something that the answer depends on is out of reach; try again.
    Unavailable = "unavailable", 503, "The service is out of reach";
    /// A fault of ours.
    Internal = "internal_error", 500, "Something went wrong here";
}
