//! What can happen to an account: the words of the audit log.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// What happened. The words never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum EventKind {
            $($(#[$doc])* $name,)*
        }

        impl EventKind {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word in the log.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

kinds! {
    /// An account was made.
    SignedUp = "signed_up";
    /// A session began.
    SignedIn = "signed_in";
    /// A password was wrong, or the address has no account.
    SignInFailed = "sign_in_failed";
    /// A code or a passkey was wrong.
    SecondFactorFailed = "second_factor_failed";
    /// A person ended the session that they were in.
    SignedOut = "signed_out";
    /// A person ended another session of theirs.
    SessionEnded = "session_ended";
    /// Several sessions were ended at once.
    SessionsEnded = "sessions_ended";
    /// A person showed again who they are.
    Confirmed = "confirmed";
    /// The password was changed by somebody who knew the old one, or by an operator.
    PasswordChanged = "password_changed";
    /// A link to choose another password was sent.
    PasswordResetRequested = "password_reset_requested";
    /// The password was changed by such a link.
    PasswordReset = "password_reset";
    /// The address was shown to be the person's.
    EmailVerified = "email_verified";
    /// A link to change the address was sent.
    EmailChangeRequested = "email_change_requested";
    /// The address was changed.
    EmailChanged = "email_changed";
    /// An authenticator app was added.
    TotpAdded = "totp_added";
    /// It was removed.
    TotpRemoved = "totp_removed";
    /// Recovery codes were made; older ones are void.
    RecoveryCodesMade = "recovery_codes_made";
    /// A recovery code was used up.
    RecoveryCodeUsed = "recovery_code_used";
    /// A passkey was added.
    PasskeyAdded = "passkey_added";
    /// A passkey was given another name.
    PasskeyRenamed = "passkey_renamed";
    /// A passkey was removed.
    PasskeyRemoved = "passkey_removed";
    /// An operator removed all second factors.
    FactorsRemoved = "factors_removed";
    /// A person took a copy of their data.
    Exported = "exported";
    /// An operator disabled the account.
    AccountDisabled = "account_disabled";
    /// An operator let it sign in again.
    AccountEnabled = "account_enabled";
    /// The account was deleted, with all that belonged to it.
    AccountDeleted = "account_deleted";
    /// An operator changed its roles.
    RolesChanged = "roles_changed";
    /// Accounts were imported.
    Imported = "imported";
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
