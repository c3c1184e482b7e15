//! The kinds of audit events.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// What happened to an account or a frontend. The meaning of a kind never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum EventKind {
            $($(#[$doc])* $name,)*
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The kind as stored in the audit log.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

kinds! {
    /// An account was created.
    SignedUp = "signed_up";
    /// A session started.
    SignedIn = "signed_in";
    /// A password was wrong, no account has the address, or the account is disabled.
    SignInFailed = "sign_in_failed";
    /// A code or a passkey was wrong.
    SecondFactorFailed = "second_factor_failed";
    /// A user signed out.
    SignedOut = "signed_out";
    /// A user ended one of their other sessions.
    SessionEnded = "session_ended";
    /// Several sessions of a user were ended.
    SessionsEnded = "sessions_ended";
    /// A user confirmed their identity again (step-up).
    Confirmed = "confirmed";
    /// The password was changed by the user, who knew the old one, or by an operator.
    PasswordChanged = "password_changed";
    /// A link to reset the password was sent.
    PasswordResetRequested = "password_reset_requested";
    /// The password was reset with a link.
    PasswordReset = "password_reset";
    /// The address was confirmed.
    EmailVerified = "email_verified";
    /// A link to change the address was sent.
    EmailChangeRequested = "email_change_requested";
    /// The address was changed.
    EmailChanged = "email_changed";
    /// An authenticator app was added.
    TotpAdded = "totp_added";
    /// An authenticator app was removed.
    TotpRemoved = "totp_removed";
    /// Recovery codes were created, and earlier ones became invalid.
    RecoveryCodesMade = "recovery_codes_made";
    /// A recovery code was used.
    RecoveryCodeUsed = "recovery_code_used";
    /// A passkey was added.
    PasskeyAdded = "passkey_added";
    /// A passkey was renamed.
    PasskeyRenamed = "passkey_renamed";
    /// A passkey was removed.
    PasskeyRemoved = "passkey_removed";
    /// An operator removed all second factors of the account.
    FactorsRemoved = "factors_removed";
    /// A user exported their data.
    Exported = "exported";
    /// An operator disabled the account.
    AccountDisabled = "account_disabled";
    /// An operator enabled the account.
    AccountEnabled = "account_enabled";
    /// The account and all its data were deleted.
    AccountDeleted = "account_deleted";
    /// An operator changed the roles of the account.
    RolesChanged = "roles_changed";
    /// Accounts were imported.
    Imported = "imported";
    /// An operator registered a frontend.
    FrontendAdded = "frontend_added";
    /// An operator changed a frontend.
    FrontendChanged = "frontend_changed";
    /// An operator removed a frontend.
    FrontendRemoved = "frontend_removed";
    /// A frontend, or its previews, received a new key.
    FrontendKeyMade = "frontend_key_made";
    /// A preview of a frontend announced itself.
    PreviewAnnounced = "preview_announced";
}

impl std::str::FromStr for EventKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
            format!("must be one of {}, not \"{word}\"", all.join(", "))
        })
    }
}
